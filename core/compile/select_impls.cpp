// SPDX-License-Identifier: Apache-2.0
#include "core/base/check.h"
#include "core/compile/passes.h"
#include "core/graph/pointwise.h"
#include "core/graph/reshape.h"

namespace lamina {

bool is_free(const Node& node) {
  return node.op == &input_op() || node.op == &variable_op() || node.op == &constant_op() || node.op == &reshape_op();
}

namespace {

KernelQuery query_of(const Node& node, std::span<const TensorType> inputs, const PlanOptions& options) {
  return {node.attributes, inputs, node.outputs, options.threads, options.deterministic, options.allow_tf32};
}

}  // namespace

std::optional<size_t> accepting_impl(const Node& node, const OpRegistry& ops, const PlanOptions& options,
                                     std::vector<Refusal>* refused) {
  const std::vector<TensorType> inputs = types_of(node.inputs);
  const KernelQuery query = query_of(node, inputs, options);
  const auto forced = options.forced_impls.find(node.op->name);
  const auto refuse = [&](const KernelImpl& impl, std::string reason) {
    if (refused) refused->push_back({impl.full_name(), std::move(reason)});
  };
  const std::vector<const KernelImpl*> impls = ops.impls(node.op->name, options.device);
  for (size_t i = 0; i < impls.size(); ++i) {
    if (forced != options.forced_impls.end() && forced->second != impls[i]->name) {
      refuse(*impls[i], text("'", forced->second, "' was asked for"));
      continue;
    }
    const Verdict verdict = impls[i]->accepts(query);
    if (verdict.accepted()) return i;
    refuse(*impls[i], verdict.reason());
  }
  return std::nullopt;
}

std::optional<Choice> find_impl(const Node& node, const OpRegistry& ops, const PlanOptions& options,
                                std::vector<Refusal>* refused) {
  std::vector<Refusal> refusals;
  const std::optional<size_t> place = accepting_impl(node, ops, options, &refusals);
  if (!place) {
    if (refused) *refused = std::move(refusals);
    return std::nullopt;
  }
  const KernelImpl& impl = *ops.impls(node.op->name, options.device)[*place];
  const std::vector<TensorType> inputs = types_of(node.inputs);
  return Choice{impl, impl.prepare ? impl.prepare(query_of(node, inputs, options)) : Prepared{}, std::move(refusals)};
}

Choice select_impl(const Node& node, const OpRegistry& ops, const PlanOptions& options) {
  std::vector<Refusal> refusals;
  if (std::optional<Choice> choice = find_impl(node, ops, options, &refusals)) return std::move(*choice);
  std::vector<std::string> names;
  for (const KernelImpl* impl : ops.impls(node.op->name, options.device)) names.push_back(impl->name);
  std::string why;
  for (const Refusal& refusal : refusals) why += "\n  " + refusal.impl + ": " + refusal.reason;
  throw Error(ErrorKind::model, text("[", node.op->name, "] node \"", node.name, "\": no implementation on ", options.device,
                                     " takes ", join(types_of(node.inputs)), " (there are: ", names.empty() ? "none" : join(names), ")",
                                     why));
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
