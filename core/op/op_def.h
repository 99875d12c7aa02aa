// SPDX-License-Identifier: Apache-2.0
// What an op is, on no device: its name, its shape rule, its gradient rule, what it costs. kernels/<op>/<op>.cpp makes
// one; nodes point to it. Implementations are found by the name, in an OpRegistry.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/op/attributes.h"
#include "core/op/tensor_type.h"

namespace lamina {

class Value;             // core/graph/value.h
struct Node;             // core/graph/value.h
struct GradientContext;  // core/graph/value.h
struct Absorbed;         // core/graph/value.h

// Arithmetic and memory traffic of one execution with concrete shapes: each tensor read or written once.
struct OpCost {
  double flops = 0;
  double bytes = 0;
};

struct OpDef {
  std::string name;

  // The types of the outputs. Throws LAMINA_CHECK texts without a prefix; the graph puts op and node name before them.
  std::function<std::vector<TensorType>(const Attributes&, std::span<const TensorType> inputs)> infer;

  // One Value per input (an empty Value where the input has no gradient). Absent: nothing flows through this op.
  std::function<std::vector<Value>(const GradientContext&)> gradient;

  // Floating point operations with concrete shapes; absent: none counted.
  std::function<double(const Attributes&, std::span<const TensorType> inputs, std::span<const TensorType> outputs)> flops;

  // True where outputs are sums, products by exact factors or copies of inputs: equal bit by bit on small integers.
  bool exact_on_integers = false;

  // The same op with `user`, a pointwise node that reads output 0 of `node`, taken in: output 0 is then what user's output
  // was. Nothing where the op cannot. Absent: it takes in nothing.
  std::function<std::optional<Absorbed>(const Node& node, const Node& user)> absorb = nullptr;

  // Whether what absorb makes keeps nothing that `gradient` would have to compute again: users are then taken in before
  // gradients are built, too.
  bool absorbs_in_training = false;
};

OpCost cost_of(const OpDef& op, const Attributes& attributes, std::span<const TensorType> inputs,
               std::span<const TensorType> outputs);

}  // namespace lamina
