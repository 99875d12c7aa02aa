// SPDX-License-Identifier: Apache-2.0
#include "layers/model/graphs.h"

#include <algorithm>
#include <set>

#include "core/base/check.h"
#include "core/compile/build_gradients.h"
#include "core/compile/passes.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "core/graph/reshape.h"
#include "layers/metrics.h"
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

// The metrics of each output: the flat list for all, or what its name stands for.
std::vector<std::vector<MetricSpec>> metrics_by_output(const std::vector<ModelOutput>& outputs, const Metrics& metrics,
                                                       const char* argument) {
  std::vector<std::vector<MetricSpec>> result(outputs.size());
  std::vector<std::string> names;
  for (const ModelOutput& output : outputs) names.push_back(output.name);
  for (const NamedMetrics& entry : metrics.entries()) {
    if (!metrics.is_by_output()) {
      for (auto& list : result) list = entry.metrics;
      continue;
    }
    const auto at = std::find(names.begin(), names.end(), entry.output);
    LAMINA_CHECK(at != names.end(), "Unknown entry in ", argument, " dictionary: \"", entry.output,
                 "\". Only expected the following keys: [", join(names, ", ", "'"), "]", did_you_mean(entry.output, names));
    result[static_cast<size_t>(at - names.begin())] = entry.metrics;
  }
  return result;
}

// `weight` or `mask` (leading axes of `values`) spread over the values.
Value spread(const Value& leading, const Value& values) {
  Shape shape = leading.shape();
  while (shape.rank() < values.shape().rank()) shape.push_back(1);
  return broadcast_to(reshape(cast(leading, DType::f32), shape), values.shape());
}

class MetricBinder {
 public:
  MetricBinder(const Traced& traced, const BoundLosses& losses, const GraphOptions& options)
      : traced_(traced), losses_(losses), options_(options) {}

  void bind(const Metrics& metrics, bool weighted, StepGraph& step) {
    const auto lists = metrics_by_output(traced_.outputs, metrics, weighted ? "weighted_metrics" : "metrics");
    for (size_t i = 0; i < lists.size(); ++i) {
      for (const MetricSpec& spec : lists[i]) bind_one(i, spec, weighted, step);
    }
  }

 private:
  void bind_one(size_t which, const MetricSpec& spec, bool weighted, StepGraph& step) {
    const ModelOutput& output = traced_.outputs[which];
    const LossBinding& loss = losses_.bindings[which];
    const TensorType* y_true = loss.trained && loss.needs_target ? &loss.target : nullptr;
    const Metric metric = spec.is_name() ? metric_from_name(spec.name(), output.value.type(), y_true) : spec.metric();
    const NameScope scope("metric/" + output.name + "/" + metric.name);
    const TensorType wanted = metric.target ? metric.target(output.value.type()) : default_target(output.value.type());
    // The metric reads the same y as the loss; sparse labels are the one case in which their types could differ.
    const bool agrees = !loss.trained || !loss.needs_target || loss.target == wanted;
    LAMINA_CHECK(agrees, "[metric] ", metric.name, " of output \"", output.name, "\" takes y as ", wanted,
                 ", but the loss ", loss.loss, " takes ", loss.target, "; use the sparse or categorical form of both");
    const Value target = input_value(target_input(output.name), wanted.dtype, wanted.shape);
    Value y_pred = output.value;
    if (y_pred.dtype() != DType::f64 && is_floating(y_pred.dtype())) y_pred = cast(y_pred, DType::f32);
    const Value values = cast(metric.function(target, y_pred), DType::f32);
    // An output whose loss reads no y needs one all the same where a metric reads it.
    LossBinding& row = step.losses.bindings[which];
    if (!row.needs_target && depends_on(values, target)) {
      row.needs_target = true;
      row.target = wanted;
    }

    Value weights;
    if (output.mask.exists() && output.mask.shape().rank() <= values.shape().rank()) weights = spread(output.mask, values);
    const auto rank = options_.sample_weight_ranks.find(output.name);
    if (weighted && rank != options_.sample_weight_ranks.end() && rank->second <= values.shape().rank()) {
      Shape shape;
      for (int axis = 0; axis < rank->second; ++axis) shape.push_back(output.value.shape()[axis]);
      const Value given = spread(input_value(sample_weight_input(output.name), DType::f32, shape), values);
      weights = weights.exists() ? weights * given : given;
    }
    const Value total = sum(weights.exists() ? values * weights : values);
    const Value count = weights.exists() ? sum(weights) : size_value(values.shape().count());

    MetricBinding binding;
    binding.shown = shown_name(output.name, metric.name, weighted);
    binding.total = "metric/" + binding.shown + "/total";
    binding.count = "metric/" + binding.shown + "/count";
    binding.finish = metric.finish;
    step.graph.outputs.push_back({binding.total, total});
    step.graph.outputs.push_back({binding.count, count});
    step.metrics.push_back(std::move(binding));
  }

  // "<output>_<metric>" where there are several outputs; a clash gets "weighted_" or a number.
  std::string shown_name(const std::string& output, const std::string& metric, bool weighted) {
    const std::string prefix = traced_.outputs.size() > 1 ? output + "_" : "";
    std::string name = prefix + metric;
    if (weighted && taken_.contains(name)) name = prefix + "weighted_" + metric;
    const std::string base = name;
    for (int number = 1; !taken_.insert(name).second; ++number) name = text(base, "_", number);
    return name;
  }

  const Traced& traced_;
  const BoundLosses& losses_;
  const GraphOptions& options_;
  std::set<std::string> taken_;
};

// Loss, its parts and the metrics, as outputs.
StepGraph measured(const Network& network, const Traced& traced, const GraphOptions& options) {
  StepGraph step;
  step.losses = bind(traced, options);
  Value total = step.losses.total;
  for (const NamedVariable& named : network.variables()) {
    // As in Keras 3, the penalties of frozen weights do not count.
    if (!named.trainable || !named.variable->regularizer) continue;
    total = total + named.variable->regularizer(variable_value(named.variable));
  }
  step.graph.loss = total;
  step.graph.outputs.push_back({kLossOutput, total});
  const auto trained = std::count_if(step.losses.bindings.begin(), step.losses.bindings.end(),
                                     [](const LossBinding& binding) { return binding.trained; });
  for (const LossBinding& binding : step.losses.bindings) {
    if (binding.trained && trained > 1) step.graph.outputs.push_back({loss_output(binding.output), binding.value});
  }
  MetricBinder binder(traced, step.losses, options);
  binder.bind(options.metrics, false, step);
  binder.bind(options.weighted_metrics, true, step);
  return step;
}

// Inputs of one name are one leaf, whoever made it: the loss, a metric and the optimizer ask for the same tensors.
Graph with_shared_inputs(const Graph& graph) {
  std::map<std::string, Value> known;
  return rewrite(graph, [&](const std::shared_ptr<const Node>& node, const std::vector<Value>&) -> std::vector<Value> {
    if (node->op != &input_op()) return {};
    const auto [entry, inserted] = known.try_emplace(input_of(*node).name, Value(node, 0));
    LAMINA_CHECK(entry->second.type() == node->outputs[0], "input '", entry->first, "' is read as ", entry->second.type(), " and as ",
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

  std::map<const Variable*, Value> leaves;
  for (const auto& node : step.graph.nodes()) {
    if (node->op == &variable_op()) leaves.emplace(variable_of(*node).get(), Value(node, 0));
  }
  std::vector<Optimizer::Trained> trained;
  std::vector<Value> wanted;
  for (const NamedVariable& named : network.variables()) {
    const auto leaf = leaves.find(named.variable.get());
    if (!named.trainable || leaf == leaves.end()) continue;
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
  if (options.optimizer) step.graph.updates = options.optimizer->attach(trained, healthy);
  for (const auto& [variable, value] : traced.state_updates) {
    step.graph.updates.push_back({variable, where(healthy, value, variable_value(variable))});
  }
  step.graph.outputs.push_back({kHealthyOutput, healthy});
  step.graph = simplify(with_shared_leaves(step.graph));
  return step;
}

StepGraph evaluation_graph(const Network& network, const GraphOptions& options) {
  const Traced traced = trace(network, false, options);
  StepGraph step = measured(network, traced, options);
  for (const auto& [variable, value] : traced.state_updates) step.graph.updates.push_back({variable, value});
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
  network.trace(context, network.input_leaves(), [&](const Layer& layer, std::span<const Value> outputs) {
    for (const Value& output : outputs) {
      if (!is_floating(output.dtype())) continue;
      const Value all = min(cast(is_finite(output), DType::i32));
      Value& known = finite[layer.name];
      known = known.exists() ? minimum(known, all) : all;
    }
  });
  Graph graph;
  for (const auto& [name, value] : finite) graph.outputs.push_back({name, value});
  return simplify(with_shared_leaves(graph));
}

}  // namespace lamina
