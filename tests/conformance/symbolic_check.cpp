// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/symbolic_check.h"

#include "core/base/check.h"
#include "core/compile/make_plan.h"
#include "core/exec/executor.h"
#include "tests/testing/case_inputs.h"
#include "tests/testing/devices.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina::conformance {
namespace {

Shape with_symbols(const Extents& extents, bool first_only, SymbolBindings& bindings) {
  Shape shape(extents);
  for (int axis = 0; axis < extents.rank(); ++axis) {
    // 1 stays: it is the number that broadcasts. So does 0, which is a batch of nothing.
    if (extents[axis] <= 1 || (first_only && axis > 0)) continue;
    const std::string symbol = text("n", extents[axis]);
    shape[axis] = Dim::symbol(symbol);
    bindings[symbol] = extents[axis];
  }
  return shape;
}

}  // namespace

SymbolicCase trace_with_symbols(const OpCase& one) {
  SymbolicCase symbolic;
  for (const bool first_only : {false, true}) {
    symbolic.bindings.clear();
    testing::TracedCase traced;
    for (size_t i = 0; i < one.inputs.size(); ++i) {
      const DType type = testing::type_of_input(one.inputs[i], DType::f64);
      traced.inputs.push_back(
          input_value(text("x", i), type, with_symbols(one.inputs[i].extents, first_only, symbolic.bindings)));
    }
    try {
      traced.outputs = one.build(traced.inputs);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::internal) throw;
      symbolic.refusal = error.what();
      continue;
    }
    traced.node = traced.outputs.at(0).node();
    symbolic.traced = std::move(traced);
    break;
  }
  return symbolic;
}

std::string check_symbolic(const OpRegistry& ops, const SymbolicCase& symbolic, const ReferenceGradient& gradient) {
  const Graph graph = gradient_graph(symbolic.traced, gradient.wrt);
  PlanOptions options;
  options.fuse = false;
  const OpRegistry preferred = testing::preferring(ops, DeviceKind::cpu, "reference");
  auto plan = std::make_shared<const Plan>(make_plan(graph, symbolic.bindings, preferred, options));
  const Feed results = Executor(plan, testing::device(DeviceKind::cpu)).run(feed_of(gradient, symbolic.traced));
  for (const auto& [name, tensor] : results) {
    const auto& known = name[0] == 'y' ? gradient.outputs : gradient.gradients;
    const std::string why = testing::exact_difference(tensor, known.at(std::stoul(name.substr(1))));
    if (!why.empty()) return text(name, " with symbols: ", why);
  }
  return "";
}

}  // namespace lamina::conformance
