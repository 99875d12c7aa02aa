// SPDX-License-Identifier: Apache-2.0
#include "layers/model/bind_metrics.h"

#include <algorithm>
#include <set>

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "core/graph/reshape.h"
#include "layers/metrics.h"

namespace lamina {
namespace {

std::string quoted(const std::vector<std::string>& names) { return "[" + join(names, ", ", "'") + "]"; }

// One list of metrics per output.
using Lists = std::vector<std::vector<MetricSpec>>;

Lists lists_by_name(const std::vector<std::string>& names, const Metrics& metrics, const char* argument) {
  Lists lists(names.size());
  std::set<std::string> seen;
  for (const NamedMetrics& entry : metrics.entries()) {
    const auto at = std::find(names.begin(), names.end(), entry.output);
    LAMINA_CHECK(at != names.end(), "Unknown entry in ", argument, " dictionary: \"", entry.output,
                 "\". Only expected the following keys: ", quoted(names), did_you_mean(entry.output, names));
    LAMINA_CHECK(seen.insert(entry.output).second, "The ", argument, " dictionary names \"", entry.output,
                 "\" twice. The model has the outputs ", quoted(names));
    lists[static_cast<size_t>(at - names.begin())] = entry.metrics;
  }
  return lists;
}

Lists lists_by_order(const std::vector<std::string>& names, const Metrics& metrics, const char* argument) {
  Lists lists;
  std::vector<std::string> shown;
  for (const NamedMetrics& entry : metrics.entries()) {
    lists.push_back(entry.metrics);
    std::vector<std::string> specs;
    for (const MetricSpec& spec : entry.metrics) specs.push_back(spec.shown());
    shown.push_back("[" + join(specs) + "]");
  }
  LAMINA_CHECK(lists.size() == names.size(), "When passing a list of lists as `", argument,
               "`, it should have one entry per model output. The model has ", names.size(), " outputs, but you passed ", argument, "=[",
               join(shown), "]");
  return lists;
}

Lists lists_of(const std::vector<ModelOutput>& outputs, const Metrics& metrics, const char* argument) {
  std::vector<std::string> names;
  for (const ModelOutput& output : outputs) names.push_back(output.name);
  switch (metrics.form()) {
    case Metrics::Form::flat: break;
    case Metrics::Form::lists: return lists_by_order(names, metrics, argument);
    case Metrics::Form::dict: return lists_by_name(names, metrics, argument);
  }
  return Lists(names.size(), metrics.entries().empty() ? std::vector<MetricSpec>() : metrics.entries().front().metrics);
}

// `weight` or `mask` (leading axes of `values`) spread over the values.
Value spread(const Value& leading, const Value& values) {
  Shape shape = leading.shape();
  while (shape.rank() < values.shape().rank()) shape.push_back(1);
  return broadcast_to(reshape(cast(leading, DType::f32), shape), values.shape());
}

class MetricBinder {
 public:
  MetricBinder(const std::vector<ModelOutput>& outputs, const std::map<std::string, int>& weight_ranks, BoundLosses& losses, Graph& graph)
      : outputs_(outputs), weight_ranks_(weight_ranks), losses_(losses), graph_(graph) {
    // What the losses are reported as is no metric's to take.
    taken_.insert("loss");
    for (const std::string& name : reported_parts(losses)) taken_.insert(name);
  }

  void bind(const Metrics& metrics, bool weighted) {
    const Lists lists = lists_of(outputs_, metrics, weighted ? "weighted_metrics" : "metrics");
    for (size_t i = 0; i < lists.size(); ++i) {
      for (const MetricSpec& spec : lists[i]) bind_one(outputs_[i], losses_.bindings[i], spec, weighted);
    }
  }

  std::vector<MetricBinding> bindings;

 private:
  void bind_one(const ModelOutput& output, LossBinding& row, const MetricSpec& spec, bool weighted) {
    const TensorType* y_true = row.needs_target ? &row.target : nullptr;
    const Metric metric = spec.is_name() ? metric_from_name(spec.name(), output.value.type(), y_true) : spec.metric();
    const NameScope scope("metric/" + output.name + "/" + metric.name);
    const Value values = values_of(metric, output, row);
    const Value weights = weights_of(output, values, weighted);
    const Value total = sum(weights.exists() ? values * weights : values);
    const Value count = weights.exists() ? sum(weights) : size_value(values.shape().count());

    MetricBinding binding;
    binding.shown = shown_name(output.name, metric.name, weighted);
    binding.total = "metric/" + binding.shown + "/total";
    binding.count = "metric/" + binding.shown + "/count";
    binding.finish = metric.finish;
    graph_.outputs.push_back({binding.total, total});
    graph_.outputs.push_back({binding.count, count});
    bindings.push_back(std::move(binding));
  }

  // Reads the same y as the loss and the metrics before; where it is the first to read one, y becomes what it takes.
  static Value values_of(const Metric& metric, const ModelOutput& output, LossBinding& row) {
    const TensorType wanted = metric.target ? metric.target(output.value.type()) : default_target(output.value.type());
    const Value target = input_value(target_input(output.name), wanted.dtype, wanted.shape);
    Value y_pred = output.value;
    if (y_pred.dtype() != DType::f64 && is_floating(y_pred.dtype())) y_pred = cast(y_pred, DType::f32);
    const Value traced = metric.function(target, y_pred);
    LAMINA_CHECK(traced.exists(), "[metric] ", metric.name, " of output \"", output.name, "\" returned no Value");
    if (depends_on(traced, target)) {
      LAMINA_CHECK(!row.needs_target || row.target == wanted, "[metric] ", metric.name, " of output \"", output.name, "\" takes y as ",
                   wanted, ", but the ", row.target_reader, " takes ", row.target, "; use the sparse or categorical form of both");
      if (!row.needs_target) row.target_reader = "metric " + metric.name;
      row.needs_target = true;
      row.target = wanted;
    }
    return cast(traced, DType::f32);
  }

  Value weights_of(const ModelOutput& output, const Value& values, bool weighted) const {
    Value weights;
    if (output.mask.exists() && output.mask.shape().rank() <= values.shape().rank()) weights = spread(output.mask, values);
    const auto rank = weight_ranks_.find(output.name);
    if (!weighted || rank == weight_ranks_.end() || rank->second > values.shape().rank()) return weights;
    Shape shape;
    for (int axis = 0; axis < rank->second; ++axis) shape.push_back(output.value.shape()[axis]);
    const Value given = spread(input_value(sample_weight_input(output.name), DType::f32, shape), values);
    return weights.exists() ? weights * given : given;
  }

  // A clash gets "weighted_" or a number.
  std::string shown_name(const std::string& output, const std::string& metric, bool weighted) {
    const std::string prefix = outputs_.size() > 1 ? output + "_" : "";
    std::string name = prefix + metric;
    if (weighted && taken_.contains(name)) name = prefix + "weighted_" + metric;
    const std::string base = name;
    for (int number = 1; !taken_.insert(name).second; ++number) name = text(base, "_", number);
    return name;
  }

  const std::vector<ModelOutput>& outputs_;
  const std::map<std::string, int>& weight_ranks_;
  BoundLosses& losses_;
  Graph& graph_;
  std::set<std::string> taken_;
};

}  // namespace

std::vector<MetricBinding> bind_metrics(const std::vector<ModelOutput>& outputs, const MetricBindingOptions& options, BoundLosses& losses,
                                        Graph& graph) {
  MetricBinder binder(outputs, options.sample_weight_ranks, losses, graph);
  binder.bind(options.metrics, false);
  binder.bind(options.weighted_metrics, true);
  return std::move(binder.bindings);
}

}  // namespace lamina
