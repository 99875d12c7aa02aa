// SPDX-License-Identifier: Apache-2.0
// Binds metrics to the outputs of a traced model: each gives the sum over a batch and the count that it is to be divided
// by, as outputs of the step's graph. Stands behind bind_losses: a metric reads the y that the loss of its output reads.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/compile/bind_losses.h"
#include "core/graph/graph.h"
#include "layers/model/metric.h"

namespace lamina {

// How a metric is shown, and where its sum and count are in the graph.
struct MetricBinding {
  std::string shown;  // "accuracy", "main_accuracy"
  std::string total;
  std::string count;
  std::function<double(double mean)> finish = {};  // see Metric
};

struct MetricBindingOptions {
  Metrics metrics;
  Metrics weighted_metrics;
  std::map<std::string, int> sample_weight_ranks;  // see LossBindingOptions
};

// Adds the outputs to `graph`, and to `losses` that an output needs y where only a metric reads it. Names are
// "<output>_<metric>" where there are several outputs, made different from each other and from the reported losses.
// Throws for an unknown name of an output or metric, an output named twice, a list of another length than the outputs,
// and where loss and metric of an output take y of different types.
std::vector<MetricBinding> bind_metrics(const std::vector<ModelOutput>& outputs, const MetricBindingOptions& options, BoundLosses& losses,
                                        Graph& graph);

}  // namespace lamina
