// SPDX-License-Identifier: Apache-2.0
// A metric is a mean over samples of a function of (y_true, y_pred); the graph gives sum and count of a batch, the host
// adds them up over an epoch. losses/ and layers/metrics.h have the functions.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "core/compile/losses.h"

namespace lamina {

struct Metric {
  std::string name;
  LossFunction function;  // (y_true, y_pred) -> values, averaged over all of their elements
  std::function<TensorType(const TensorType& y_pred)> target = {};
  std::function<double(double mean)> finish = {};  // of the mean over the epoch, on the host (a root); absent: the mean itself
};

// "accuracy", or a metric, or a function.
class MetricSpec {
 public:
  MetricSpec(const char* name) : name_(name) {}             // NOLINT: every form converts
  MetricSpec(std::string name) : name_(std::move(name)) {}  // NOLINT
  MetricSpec(Metric metric) : metric_(std::move(metric)) {} // NOLINT
  MetricSpec(Loss loss) : metric_(Metric{loss.name, loss.function, loss.target}) {}  // NOLINT: a loss as a metric
  bool is_name() const { return !name_.empty(); }
  const std::string& name() const { return name_; }
  const Metric& metric() const { return metric_; }

 private:
  std::string name_;
  Metric metric_;
};

struct NamedMetrics {
  std::string output;
  std::vector<MetricSpec> metrics;
};

// `.metrics =`: a flat list, for every output, or lists by output name (outputs may be absent).
class Metrics {
 public:
  Metrics() = default;
  Metrics(std::initializer_list<MetricSpec> flat) : entries_{{"", {flat.begin(), flat.end()}}} {}
  Metrics(std::initializer_list<NamedMetrics> by_output) : by_output_(true), entries_(by_output) {}
  bool is_by_output() const { return by_output_; }
  const std::vector<NamedMetrics>& entries() const { return entries_; }

 private:
  bool by_output_ = false;
  std::vector<NamedMetrics> entries_;
};

}  // namespace lamina
