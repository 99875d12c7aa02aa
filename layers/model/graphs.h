// SPDX-License-Identifier: Apache-2.0
// The three graphs of a compiled model: one training step, one evaluation step, one prediction. Traced from the same
// network; the plan of each is made per signature of input shapes by StepRunner.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/compile/bind_losses.h"
#include "core/graph/graph.h"
#include "core/optim/optimizer.h"
#include "layers/model/bind_metrics.h"
#include "layers/model/network.h"

namespace lamina {

// Names of graph outputs besides the predictions.
inline constexpr const char* kLossOutput = "lamina/loss";
inline constexpr const char* kHealthyOutput = "lamina/healthy";
std::string loss_output(const std::string& output);        // "<output>/loss"
std::string prediction_output(const std::string& output);  // "<output>/prediction"

struct StepGraph {
  Graph graph;
  BoundLosses losses;
  std::vector<MetricBinding> metrics;
};

struct GraphOptions {
  Losses losses;
  LossWeights loss_weights;
  Metrics metrics;
  Metrics weighted_metrics;
  std::set<const Variable*> trained;  // the weights that the step trains; the others get no update and no penalty
  std::set<const Layer*> frozen;      // the layers that know that they do not train
  std::shared_ptr<Optimizer> optimizer;
  DType compute_type = DType::f32;
  uint64_t seed = 0;
  std::map<std::string, int> sample_weight_ranks = {};  // by output
  bool fuse = true;  // ops take in what follows them before gradients are built
};

StepGraph training_graph(const Network& network, const GraphOptions& options);
StepGraph evaluation_graph(const Network& network, const GraphOptions& options);
Graph prediction_graph(const Network& network, DType compute_type);

// One boolean output per layer, by its name: whether all of its outputs are finite. For the diagnosis of a bad step.
Graph health_graph(const Network& network, DType compute_type);

}  // namespace lamina
