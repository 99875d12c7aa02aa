// SPDX-License-Identifier: Apache-2.0
// What a Model holds; private to layers/model. The files of this folder each take one part of it: model.cpp composition
// and compile, steps.cpp single batches, fit.cpp, evaluate.cpp and predict.cpp the loops, summary.cpp what is printed.
#pragma once

#include <map>
#include <set>

#include "layers/model.h"
#include "layers/model/graphs.h"
#include "layers/model/step_runner.h"

namespace lamina {

// A step with what its graph reports.
struct MeasuredStep {
  BoundLosses losses;
  std::vector<MetricBinding> metrics;
  StepRunner step;
};

struct Model::State {
  State(Network n, std::string model_name) : network(std::move(n)), name(std::move(model_name)) {}

  Network network;
  std::string name;
  std::shared_ptr<Layer> as_layer;  // made when the model is first called

  // From compile on.
  bool compiled = false;
  CompileOptions options;
  std::shared_ptr<const OpRegistry> ops;
  std::shared_ptr<Device> device;
  std::string device_line;
  PlanOptions plan_options;
  BoundLosses losses;
  std::set<const Variable*> trained;              // collected at compile
  std::set<const Layer*> frozen;                  // likewise
  std::vector<std::string> warned_of_layers;      // whose `trainable` changed since, as the last warning named them
  using WeightRanks = std::map<std::string, int>;
  std::map<WeightRanks, std::unique_ptr<MeasuredStep>> training;
  std::map<WeightRanks, std::unique_ptr<MeasuredStep>> evaluation;
  std::unique_ptr<StepRunner> prediction;
  StepRunner* last = nullptr;
  StepObserver* observer = nullptr;

  bool stop_training = false;
  int64_t epochs_seen = 0;  // batches of shuffled epochs differ from fit to fit
  int64_t train_steps = 0;  // steps of this model, the key of dropout

  void check_compiled() const;
  std::vector<std::string> layers_changed_since_compile() const;
  void warn_of_changed_layers(std::ostream& out);
  DType compute_type() const { return options.policy == Policy::mixed_bfloat16 ? DType::bf16 : DType::f32; }
  GraphOptions graph_options(const WeightRanks& ranks) const;
  void initialise_variables();
  void open_device();
  MeasuredStep& training_step(const Batch& batch);
  MeasuredStep& evaluation_step(const Batch& batch);
  StepRunner& prediction_step();
  Feed run(StepRunner& step, const Feed& feed);

  class FitLoop;
  void take_validation_data(FitOptions& options) const;

  // One batch; returns what it adds to the running logs.
  Feed train(const Batch& batch, bool throw_where_not_finite, bool& healthy);
  Feed test(const Batch& batch);
  [[noreturn]] void throw_not_finite(const Batch& batch);
};

}  // namespace lamina
