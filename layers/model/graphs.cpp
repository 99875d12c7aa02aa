// SPDX-License-Identifier: Apache-2.0
#include "layers/model/graphs.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/compile/absorb_users.h"
#include "core/compile/build_gradients.h"
#include "core/compile/passes.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "losses/losses.h"

namespace lamina {
namespace {

struct Traced {
  std::vector<ModelOutput> outputs;
  std::vector<std::pair<std::shared_ptr<Variable>, Value>> state_updates;
};

Traced trace(const Network& network, bool training, const GraphOptions& options) {
  CallContext context;
  context.training = training;
  context.compute_type = options.compute_type;
  context.seed = options.seed;
  context.frozen = options.frozen;
  const std::vector<Value> values = network.trace(context, network.input_leaves());
  Traced traced;
  for (size_t i = 0; i < values.size(); ++i) {
    traced.outputs.push_back({network.outputs()[i].name, values[i], context.mask_of(values[i])});
  }
  traced.state_updates = context.updates();
  return traced;
}

BoundLosses bind(const Traced& traced, const GraphOptions& options) {
  return bind_losses(traced.outputs, {.losses = options.losses,
                                      .weights = options.loss_weights,
                                      .resolve = losses::from_name,
                                      .sample_weight_ranks = options.sample_weight_ranks});
}

// Loss, its parts and the metrics, as outputs; moving statistics as updates.
StepGraph measured(const Network& network, const Traced& traced, const GraphOptions& options) {
  StepGraph step;
  step.losses = bind(traced, options);
  Value total = step.losses.total;
  for (const NamedVariable& named : network.variables()) {
    // As in Keras 3, the penalties of frozen weights do not count.
    if (!options.trained.contains(named.variable.get()) || !named.variable->regularizer) continue;
    total = total + named.variable->regularizer(variable_value(named.variable));
  }
  step.graph.loss = total;
  step.graph.outputs.push_back({kLossOutput, total});
  const auto trained = std::count_if(step.losses.bindings.begin(), step.losses.bindings.end(),
                                     [](const LossBinding& binding) { return binding.trained; });
  for (const LossBinding& binding : step.losses.bindings) {
    if (binding.trained && trained > 1) step.graph.outputs.push_back({loss_output(binding.output), binding.value});
  }
  step.metrics = bind_metrics(traced.outputs, {options.metrics, options.weighted_metrics, options.sample_weight_ranks}, step.losses, step.graph);
  for (const auto& [variable, value] : traced.state_updates) step.graph.updates.push_back({variable, value});
  return step;
}

// Inputs of one name are one leaf, whoever made it: the loss, a metric and the optimizer ask for the same tensors.
Graph with_shared_inputs(const Graph& graph) {
  std::map<std::string, Value> known;
  return rewrite(graph, [&](const std::shared_ptr<const Node>& node, const std::vector<Value>&) -> std::vector<Value> {
    if (node->op != &input_op()) return {};
    const auto [entry, inserted] = known.try_emplace(input_of(*node).name, Value(node, 0));
    LAMINA_ASSERT(entry->second.type() == node->outputs[0], "input '", entry->first, "' is read as ", entry->second.type(), " and as ",
                  node->outputs[0]);
    return {entry->second};
  });
}

// Every variable is one leaf, whoever read it.
Graph with_shared_leaves(const Graph& graph) {
  std::map<const Variable*, Value> known;
  return with_shared_inputs(rewrite(graph, [&](const std::shared_ptr<const Node>& node, const std::vector<Value>&) -> std::vector<Value> {
    if (node->op != &variable_op()) return {};
    return {known.try_emplace(variable_of(*node).get(), Value(node, 0)).first->second};
  }));
}

}  // namespace

std::string loss_output(const std::string& output) { return output + "/loss"; }
std::string prediction_output(const std::string& output) { return output + "/prediction"; }

StepGraph training_graph(const Network& network, const GraphOptions& options) {
  const Traced traced = trace(network, true, options);
  StepGraph step = measured(network, traced, options);
  step.graph = with_shared_leaves(step.graph);
  if (options.fuse) step.graph = absorb_users_in_training(step.graph);

  std::map<const Variable*, Value> leaves;
  for (const auto& node : step.graph.nodes()) {
    if (node->op == &variable_op()) leaves.emplace(variable_of(*node).get(), Value(node, 0));
  }
  std::vector<Optimizer::Trained> trained;
  std::vector<Value> wanted;
  for (const NamedVariable& named : network.variables()) {
    const auto leaf = leaves.find(named.variable.get());
    if (!options.trained.contains(named.variable.get()) || leaf == leaves.end()) continue;
    trained.push_back({named.variable, leaf->second, Value()});
    wanted.push_back(leaf->second);
  }
  const std::vector<Value> gradients = build_gradients(std::vector<Value>{step.graph.loss}, std::vector<Value>{Value()}, wanted);
  // A weight that the loss does not depend on stays as it is.
  for (size_t i = 0; i < trained.size(); ++i) trained[i].gradient = gradients[i];
  std::erase_if(trained, [](const Optimizer::Trained& one) { return !one.gradient.exists(); });

  // One flag for the whole step: no update is applied where the loss or any gradient is not finite.
  Value healthy = is_finite(step.graph.loss);
  for (const Optimizer::Trained& one : trained) {
    const NameScope scope("healthy/" + one.variable->name);
    healthy = logical_and(healthy, is_finite(sum(one.gradient * 0.0)));
  }
  const std::vector<Update> moving = std::exchange(step.graph.updates, {});
  if (options.optimizer) step.graph.updates = options.optimizer->attach(trained, healthy);
  for (const auto& [variable, value] : moving) {
    step.graph.updates.push_back({variable, where(healthy, value, variable_value(variable))});
  }
  step.graph.outputs.push_back({kHealthyOutput, healthy});
  step.graph = simplify(with_shared_leaves(step.graph));
  return step;
}

StepGraph evaluation_graph(const Network& network, const GraphOptions& options) {
  const Traced traced = trace(network, false, options);
  StepGraph step = measured(network, traced, options);
  step.graph = simplify(with_shared_leaves(step.graph));
  return step;
}

Graph prediction_graph(const Network& network, DType compute_type) {
  GraphOptions options;
  options.compute_type = compute_type;
  const Traced traced = trace(network, false, options);
  Graph graph;
  for (const ModelOutput& output : traced.outputs) {
    const bool sixteen_bits = output.value.dtype() == DType::bf16 || output.value.dtype() == DType::f16;
    graph.outputs.push_back({prediction_output(output.name), sixteen_bits ? cast(output.value, DType::f32) : output.value});
  }
  for (const auto& [variable, value] : traced.state_updates) graph.updates.push_back({variable, value});
  return simplify(with_shared_leaves(graph));
}

Graph health_graph(const Network& network, DType compute_type) {
  CallContext context;
  context.compute_type = compute_type;
  std::map<std::string, Value> finite;
  network.trace(context, network.input_leaves(), [&](const std::string& name, std::span<const Value> outputs) {
    for (const Value& output : outputs) {
      if (!is_floating(output.dtype())) continue;
      const Value all = min(cast(is_finite(output), DType::i32));
      Value& known = finite[name];
      known = known.exists() ? minimum(known, all) : all;
    }
  });
  Graph graph;
  for (const auto& [name, value] : finite) graph.outputs.push_back({name, value});
  return simplify(with_shared_leaves(graph));
}

}  // namespace lamina
