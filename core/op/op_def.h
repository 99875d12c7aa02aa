// SPDX-License-Identifier: Apache-2.0
// What an op is, on no device: its name, its shape rule, its gradient rule, what it costs. kernels/<op>/<op>.cpp makes
// one; nodes point to it. Implementations are found by the name, in an OpRegistry.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/op/attributes.h"
#include "core/op/tensor_type.h"

namespace lamina {

class Value;            // core/graph/value.h
struct GradientContext; // core/graph/gradient_context.h

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
};

OpCost cost_of(const OpDef& op, const Attributes& attributes, std::span<const TensorType> inputs,
               std::span<const TensorType> outputs);

}  // namespace lamina
