// SPDX-License-Identifier: Apache-2.0
#include "core/base/check.h"
#include "core/compile/passes.h"
#include "core/graph/pointwise.h"
#include "core/graph/reshape.h"

namespace lamina {

bool is_free(const Node& node) {
  return node.op == &input_op() || node.op == &variable_op() || node.op == &constant_op() || node.op == &reshape_op();
}

std::optional<Choice> find_impl(const Node& node, const OpRegistry& ops, const PlanOptions& options, std::vector<Refusal>* refused) {
  std::vector<TensorType> inputs;
  for (const Value& input : node.inputs) inputs.push_back(input.type());
  const KernelQuery query{node.attributes,  inputs,          node.outputs, options.threads,
                          options.deterministic, options.allow_tf32};
  const auto forced = options.forced_impls.find(node.op->name);
  std::vector<Refusal> refusals;
  for (const KernelImpl* impl : ops.impls(node.op->name, options.device)) {
    if (forced != options.forced_impls.end() && forced->second != impl->name) {
      refusals.push_back({impl->full_name(), text("'", forced->second, "' was asked for")});
      continue;
    }
    const Verdict verdict = impl->accepts(query);
    if (!verdict.accepted()) {
      refusals.push_back({impl->full_name(), verdict.reason()});
      continue;
    }
    return Choice{*impl, impl->prepare ? impl->prepare(query) : Prepared{}, std::move(refusals)};
  }
  if (refused) *refused = std::move(refusals);
  return std::nullopt;
}

Choice select_impl(const Node& node, const OpRegistry& ops, const PlanOptions& options) {
  std::vector<Refusal> refusals;
  if (std::optional<Choice> choice = find_impl(node, ops, options, &refusals)) return std::move(*choice);
  std::vector<TensorType> inputs;
  for (const Value& input : node.inputs) inputs.push_back(input.type());
  std::vector<std::string> names;
  for (const KernelImpl* impl : ops.impls(node.op->name, options.device)) names.push_back(impl->name);
  std::string why;
  for (const Refusal& refusal : refusals) why += "\n  " + refusal.impl + ": " + refusal.reason;
  throw Error(ErrorKind::model, text("[", node.op->name, "] node \"", node.name, "\": no implementation on ", options.device,
                                     " takes ", join(inputs), " (there are: ", names.empty() ? "none" : join(names), ")", why));
}

Selection select_impls(const Graph& graph, const OpRegistry& ops, const PlanOptions& options) {
  for (const auto& [op, impl] : options.forced_impls) ops.at(op);  // an unknown op is an error, even if the graph has none
  Selection selection;
  for (const auto& node : graph.nodes()) {
    if (!is_free(*node)) selection[node.get()] = select_impl(*node, ops, options);
  }
  return selection;
}

}  // namespace lamina
