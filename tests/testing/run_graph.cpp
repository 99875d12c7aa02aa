// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/run_graph.h"

#include "core/compile/signature.h"
#include "kernels/all_ops.h"
#include "tests/testing/devices.h"

namespace lamina::testing {

PlanOptions plan_options(DeviceKind device) {
  PlanOptions options;
  options.device = device;
  options.threads = 2;
  return options;
}

SymbolBindings bindings_of(const Graph& graph, const Feed& feed) {
  std::map<std::string, Extents> shapes;
  for (const auto& [name, tensor] : feed) shapes.emplace(name, tensor.extents());
  return signature_of(graph, shapes);
}

Feed run_graph(const Graph& graph, const Feed& feed, const PlanOptions& options) {
  static const OpRegistry ops = kernels::all_ops();
  auto plan = std::make_shared<const Plan>(make_plan(graph, bindings_of(graph, feed), ops, options));
  return Executor(plan, device(options.device)).run(feed);
}

std::vector<HostTensor> run_values(std::span<const Value> values, const Feed& feed, const PlanOptions& options) {
  Graph graph;
  for (size_t i = 0; i < values.size(); ++i) graph.outputs.push_back({text("value_", i), values[i]});
  Feed results = run_graph(graph, feed, options);
  std::vector<HostTensor> tensors;
  for (size_t i = 0; i < values.size(); ++i) tensors.push_back(std::move(results.at(text("value_", i))));
  return tensors;
}

}  // namespace lamina::testing
