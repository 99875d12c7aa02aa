// SPDX-License-Identifier: Apache-2.0
// Binds a loss to each named output of a traced model. Each loss function is called once, with symbolic Values; whether
// it reads y_true is seen in the nodes it makes. Stands first, because everything after it starts from the one scalar.
#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "core/compile/losses.h"

namespace lamina {

struct ModelOutput {
  std::string name;
  Value value;
  Value mask = {};  // boolean, the leading axes of the value; steps where it is false do not count
};

// One row of the binding table.
struct LossBinding {
  std::string output;
  Shape shape;
  bool trained = false;  // false: None
  std::string loss;      // "mse", "identity", "function"
  double weight = 1;
  bool needs_target = false;  // the loss reads y_true, or a metric of the output does
  std::string target_reader;  // who does: "loss mse", "metric mae"
  TensorType target;
  Value value;  // scalar, before the weight
};

struct BoundLosses {
  std::vector<LossBinding> bindings;  // one per output, in order
  Value total;                        // the weighted sum
};

struct LossBindingOptions {
  Losses losses;
  LossWeights weights;
  // "mse" -> the loss; gets the output's type, because 'crossentropy' is chosen by shape. Throws for unknown names.
  std::function<Loss(const std::string& name, const TensorType& y_pred)> resolve;
  // Outputs whose samples are weighted: input "<output>/sample_weight" of this rank (1: per sample, 2: per step).
  std::map<std::string, int> sample_weight_ranks;
};

// The type of y_true where a loss or metric asks for none: y_pred's, but never 16 bits wide, which labels do not
// survive.
TensorType default_target(const TensorType& y_pred);

std::string target_input(const std::string& output);         // "<output>/target"
std::string sample_weight_input(const std::string& output);  // "<output>/sample_weight"

// What users call a graph input of this name: "input 'x'", "y of output 'main'", "sample_weight of output 'main'".
std::string shown_input(const std::string& name);

// Throws where two outputs share a name, a dict has an unknown, missing or duplicate name (both lists and the nearest
// name are shown), a list has another length than the outputs, one weight is given for several, or nothing is left to
// train.
BoundLosses bind_losses(const std::vector<ModelOutput>& outputs, const LossBindingOptions& options);

// "<output>_loss" for each trained output, where there are several: with one, "loss" says it all.
std::vector<std::string> reported_parts(const BoundLosses& bound);

// One line per output: "loss binding: main (None, 1) <- mse (needs y), weight 1".
void print_bindings(const BoundLosses& bound, std::ostream& out);

}  // namespace lamina
