// SPDX-License-Identifier: Apache-2.0
// Model: layers composed as in Keras' functional API, compiled to one static plan per step and input signature, trained
// and run. It lives here and not in core because it alone knows both core and the kernels.
//
//   Value x = Input({4}, {.name = "x"});
//   Model model({x}, {Dense(1, {.name = "y"})(Dense(8, {.activation = "relu"})(x))});
//   model.compile({.optimizer = "adam", .loss = {{"y", "mse"}}});
//   model.fit(features, labels, {.epochs = 10});
#pragma once

#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/compile/bind_losses.h"
#include "core/compile/losses.h"
#include "core/data/batch.h"
#include "core/exec/executor.h"
#include "core/op/op_registry.h"
#include "core/optim/optimizer.h"
#include "layers/layer.h"
#include "layers/model/callback.h"
#include "layers/model/logs.h"
#include "layers/model/metric.h"
#include "layers/model/network.h"
#include "layers/model/tensors.h"
#include "layers/model/weights.h"

namespace lamina {

// "adam", or an optimizer.
class OptimizerSpec {
 public:
  OptimizerSpec() = default;
  OptimizerSpec(const char* name) : optimizer_(optimizer_from_name(name)) {}                         // NOLINT
  OptimizerSpec(const std::string& name) : optimizer_(optimizer_from_name(name)) {}                  // NOLINT
  OptimizerSpec(std::shared_ptr<Optimizer> optimizer) : optimizer_(std::move(optimizer)) {}          // NOLINT
  const std::shared_ptr<Optimizer>& get() const { return optimizer_; }

 private:
  std::shared_ptr<Optimizer> optimizer_ = rmsprop();
};

// Types of activations and weights. mixed_bfloat16: f32 master weights, losses and reductions; tf32: factors of matrix
// products are rounded where tensor cores take them.
enum class Policy { float32, tf32, mixed_bfloat16 };

struct CompileOptions {
  OptimizerSpec optimizer = {};
  Losses loss = {};
  LossWeights loss_weights = {};
  Metrics metrics = {};
  Metrics weighted_metrics = {};

  std::string device = "auto";  // auto, cpu, cuda or sim
  int threads = 0;              // 0: all cores
  Policy policy = Policy::float32;
  uint64_t seed = 0;            // of weights that are not set yet, shuffling and dropout
  bool deterministic = true;
  bool fuse = true;
  std::map<std::string, std::string> impls = {};  // op -> implementation, e.g. {"matmul", "tiled"}
  std::shared_ptr<const OpRegistry> ops = {};     // absent: kernels::all_ops()
  std::ostream* dump = nullptr;                   // prints the graph after each pass
};

// What fit validates on after each epoch: x, y and sample_weight in the forms of fit, or a batch by names.
struct ValidationData {
  ValidationData() = default;
  ValidationData(Tensors x_data, Tensors y_data = {}, Tensors weights = {})
      : x(std::move(x_data)), y(std::move(y_data)), sample_weight(std::move(weights)) {}
  ValidationData(Batch batch)  // NOLINT: converts
      : x(std::move(batch.inputs)), y(std::move(batch.targets)), sample_weight(std::move(batch.sample_weights)) {}

  Tensors x, y, sample_weight;
};

// A Dataset makes its own batches, in its own order, with their weights: fit and evaluate refuse what is of tensors alone.
struct FitOptions {
  std::optional<int64_t> batch_size = {};  // of tensors; 32 where not given
  int64_t epochs = 1;           // the final index: runs initial_epoch .. epochs - 1; or kUntilStopped
  int64_t initial_epoch = 0;
  std::optional<bool> shuffle = {};        // of tensors; true where not given: in another order each epoch
  int verbose = 1;              // 0 silent, 1 progress line, 2 one line per epoch
  double validation_split = 0;  // of tensors: the last rows, taken before any shuffling, unless other validation data is given
  ValidationData validation_data = {};
  std::shared_ptr<Dataset> validation_dataset = {};   // instead of validation_data
  std::optional<int64_t> validation_batch_size = {};  // of validation_data; batch_size where not given
  Tensors sample_weight = {};               // of tensors
  std::map<int, double> class_weight = {};  // of a model with one output; validation stays unweighted
  std::vector<std::shared_ptr<Callback>> callbacks = {};
  std::optional<int64_t> steps_per_epoch = {};
  std::ostream* out = nullptr;  // progress and warnings; default: std::cout
};

struct EvaluateOptions {
  std::optional<int64_t> batch_size = {};  // of tensors; 32 where not given
  Tensors sample_weight = {};              // of tensors
  std::vector<std::shared_ptr<Callback>> callbacks = {};
  int verbose = 0;
  std::ostream* out = nullptr;
};

struct PredictOptions {
  int64_t batch_size = 32;
  std::vector<std::shared_ptr<Callback>> callbacks = {};
};

class Model {
 public:
  // Outputs are named by their layers, unless names are given. All errors of composition are thrown here.
  Model(std::vector<Value> inputs, std::vector<Value> outputs, std::string name = {});
  Model(std::vector<Value> inputs, std::vector<std::pair<std::string, Value>> named_outputs, std::string name = {});
  ~Model();
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;

  // A model is callable like a layer; the weights are shared.
  Value operator()(const Value& input) const;
  std::vector<Value> outputs_of(const std::vector<Value>& inputs) const;

  // Traces, binds, differentiates and checks everything that can be checked before data is seen. Keeps the weights; a
  // new optimizer object starts with empty slots, the same object keeps them. Which weights are trained is read here:
  // where `trainable` of a layer changes later, training goes on with the same weights and says so once (fit to its
  // stream, train_on_batch to std::cerr). So a network that is frozen inside of another can still be trained by itself.
  // Without a loss the model can only predict.
  void compile(CompileOptions options);
  bool is_compiled() const;

  History fit(const Tensors& x, const Tensors& y = {}, FitOptions options = {});
  History fit(Dataset& data, FitOptions options = {});
  Logs evaluate(const Tensors& x, const Tensors& y = {}, EvaluateOptions options = {});
  Logs evaluate(Dataset& data, EvaluateOptions options = {});
  HostTensor predict(const Tensors& x, PredictOptions options = {});            // of a model with one output
  TensorMap predict_all(const Tensors& x, PredictOptions options = {});         // by output name
  Logs train_on_batch(const Tensors& x, const Tensors& y = {}, const Tensors& sample_weight = {});
  Logs test_on_batch(const Tensors& x, const Tensors& y = {}, const Tensors& sample_weight = {});
  HostTensor predict_on_batch(const Tensors& x);

  void summary(std::ostream& out) const;
  void summary() const;                         // to std::cout
  void print_bindings(std::ostream& out) const; // output, shape, loss, weight, needs y or not
  void print_bindings() const;
  void print_plan(std::ostream& out) const;     // of the training step that ran last, or of the last other step
  void print_memory_plan(std::ostream& out) const;
  Plan training_plan(int64_t batch_size) const; // of a training step on that many samples: made, and nothing allocated or run
  void plot(std::ostream& out) const;           // the layers as DOT
  const Plan* last_plan() const;

  // By path ("dense/kernel"), to a safetensors or npz file, by the ending of its name. As for get_weights, the state of a
  // stateful layer is no weight: it belongs to the data that went through.
  void save_weights(const std::string& file) const;
  LoadReport load_weights(const std::string& file, LoadOptions options = {});

  const std::string& name() const;
  const Network& network() const;
  std::shared_ptr<Layer> get_layer(const std::string& name) const;
  std::vector<NamedVariable> variables() const;  // weights, and the states of stateful layers
  std::vector<NamedVariable> weights() const;    // without those states, in the order of get_weights
  std::vector<HostTensor> get_weights() const;
  void set_weights(const std::vector<HostTensor>& contents);
  void set_trainable(bool trainable);           // of all layers, and those in them; takes effect at the next compile
  void reset_states();                          // of stateful layers

  const std::shared_ptr<Optimizer>& optimizer() const;
  const std::shared_ptr<Device>& device() const;  // throws unless compiled
  const std::string& device_line() const;         // the one line that says which device runs and why
  void stop_training();                           // for callbacks: fit ends after this epoch
  bool stops_training() const;
  void set_observer(StepObserver* observer);      // profiles every step that runs from now on

  // The names under which data is fed and reported: inputs, outputs of which a loss or metric reads y, and the logs in
  // their order.
  std::vector<std::string> input_names() const;
  std::vector<LossBinding> targets() const;
  std::vector<std::string> metrics_names() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lamina
