// SPDX-License-Identifier: Apache-2.0
// A metric is a mean over samples of a function of (y_true, y_pred); the graph gives sum and count of a batch, the host
// adds them up over an epoch. losses/ and layers/metrics.h have the functions.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/compile/losses.h"

namespace lamina {

struct Metric {
  std::string name;
  LossFunction function;  // (y_true, y_pred) -> values, averaged over all of their elements
  std::function<TensorType(const TensorType& y_pred)> target = {};
  std::function<double(double mean)> finish = {};  // of the mean over the epoch, on the host (a root); absent: the mean itself
};

// "accuracy", or a metric, or a loss, or a function of (y_true, y_pred) as of a loss: traced, and averaged over all of its
// elements. A function is reported as "function"; Metric{"name", function} names it.
class MetricSpec {
 public:
  MetricSpec(const char* name) : name_(name) {}             // NOLINT: every form converts
  MetricSpec(std::string name) : name_(std::move(name)) {}  // NOLINT
  MetricSpec(Metric metric) : metric_(std::move(metric)) {} // NOLINT
  MetricSpec(Loss loss) : metric_(Metric{loss.name, loss.function, loss.target}) {}  // NOLINT
  template <class Function>
    requires std::is_invocable_r_v<Value, Function, const Value&, const Value&>
  MetricSpec(Function function) : metric_(Metric{"function", std::move(function)}) {}  // NOLINT

  bool is_name() const { return !name_.empty(); }
  const std::string& name() const { return name_; }
  const Metric& metric() const { return metric_; }
  std::string shown() const { return is_name() ? "'" + name_ + "'" : "<" + metric_.name + ">"; }

 private:
  std::string name_;
  Metric metric_;
};

// {"main", {"mae", "accuracy"}} or {"main", "mae"}.
struct NamedMetrics {
  NamedMetrics(std::string output_name, std::initializer_list<MetricSpec> list) : output(std::move(output_name)), metrics(list) {}
  NamedMetrics(std::string output_name, std::vector<MetricSpec> list) : output(std::move(output_name)), metrics(std::move(list)) {}
  NamedMetrics(std::string output_name, MetricSpec one) : output(std::move(output_name)), metrics{std::move(one)} {}

  std::string output;
  std::vector<MetricSpec> metrics;
};

// What may stand behind `.metrics =` and `.weighted_metrics =`:
//
//   {"mae", "accuracy"}                                a flat list, for every output
//   {{"main", {"mae", "accuracy"}}, {"aux", "mae"}}    by output name; outputs may be absent
//   Metrics::per_output({{"mae", "accuracy"}, {}})     a list with one list per output; braces alone would be a dict
class Metrics {
 public:
  enum class Form { flat, lists, dict };

  Metrics() = default;
  Metrics(std::initializer_list<MetricSpec> flat) : entries_{NamedMetrics("", flat)} {}
  Metrics(std::initializer_list<NamedMetrics> dict) : form_(Form::dict), entries_(dict) {}
  static Metrics by_name(std::vector<NamedMetrics> dict) {
    Metrics metrics;
    metrics.form_ = Form::dict;
    metrics.entries_ = std::move(dict);
    return metrics;
  }
  static Metrics per_output(std::vector<std::vector<MetricSpec>> lists) {
    Metrics metrics;
    metrics.form_ = Form::lists;
    for (std::vector<MetricSpec>& list : lists) metrics.entries_.emplace_back("", std::move(list));
    return metrics;
  }

  Form form() const { return form_; }
  const std::vector<NamedMetrics>& entries() const { return entries_; }

 private:
  Form form_ = Form::flat;
  std::vector<NamedMetrics> entries_;  // the names are empty but for a dict
};

}  // namespace lamina
