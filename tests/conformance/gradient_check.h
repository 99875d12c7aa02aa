// SPDX-License-Identifier: Apache-2.0
// Gradients of a case: of the sum of its outputs, each element times a fixed random weight, by its inputs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/exec/executor.h"
#include "core/graph/graph.h"
#include "core/op/op_registry.h"
#include "core/tensor/host_tensor.h"
#include "tests/testing/case_runner.h"

namespace lamina::conformance {

// In f64 on the reference implementations, at inputs that f32 holds exactly.
struct ReferenceGradient {
  std::vector<HostTensor> inputs;     // of the case: f64 where they float
  std::vector<int> wrt;               // the inputs that gradients are taken of
  std::vector<HostTensor> weights;    // f64, per output that floats
  std::vector<HostTensor> outputs;    // f64, those that float
  std::vector<HostTensor> gradients;  // f64, per wrt; zeros where nothing flows
  bool flows = false;                 // some input has a gradient
};

// Why the case has no gradient to check ("no input is differentiable"), or "".
std::string no_gradient_reason(const OpCase& one);

ReferenceGradient reference_gradient(const OpRegistry& ops, const std::string& op, const OpCase& one);

// The outputs "y<i>" that float and, of the sum of these weighted by inputs "w<i>", the gradients "g<i>" by the traced
// inputs `wrt`; a gradient that does not flow is left out. And what to feed it.
Graph gradient_graph(const testing::TracedCase& traced, const std::vector<int>& wrt);
Feed feed_of(const ReferenceGradient& gradient, const testing::TracedCase& traced);

// "" where central differences confirm the gradients, else the worst element. Every element of an input is moved where
// there are at most kMaxMoved of them, else that many chosen ones; and all at once along a random direction. Elements
// whose one-sided slopes differ sit on a kink, where no gradient is wrong, and are passed over.
inline constexpr int kMaxMoved = 64;
std::string check_by_differences(const OpRegistry& ops, const std::string& op, const OpCase& one,
                                 const ReferenceGradient& gradient);

// "" where the outputs and gradients of the case in f32, compiled with `impl` wherever it accepts, agree with
// `gradient`.
std::string check_implementation(const OpRegistry& ops, const OpCase& one, const KernelImpl& impl,
                                 const ReferenceGradient& gradient);

}  // namespace lamina::conformance
