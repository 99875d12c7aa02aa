// SPDX-License-Identifier: Apache-2.0
#include "layers/model.h"

#include <algorithm>
#include <iostream>
#include <tuple>

#include "core/base/check.h"
#include "core/runtime/cpu/threads.h"
#include "core/runtime/select_device.h"
#include "kernels/all_ops.h"
#include "layers/model/feeding.h"
#include "layers/model/model_state.h"

namespace lamina {
namespace {

// A model as a layer of another: traces its network over the given inputs.
class ModelLayer final : public Layer {
 public:
  explicit ModelLayer(Network network) : network_(std::move(network)) {}
  std::string type() const override { return "Functional"; }

  std::vector<Value> call(CallContext& context, std::span<const Value> inputs) override { return network_.trace(context, inputs); }

  std::vector<Value> masks(CallContext& context, std::span<const Value>, std::span<const Value> outputs) override {
    std::vector<Value> masks;
    for (const Value& output : outputs) masks.push_back(context.mask_of(output));
    return masks;
  }

  std::vector<std::pair<std::string, std::shared_ptr<Layer>>> inner_layers() const override { return network_.layers(); }

 private:
  Network network_;
};

// FNV-1a over the path: a weight's first contents depend on the seed and its own name alone.
uint64_t seed_for(uint64_t seed, const std::string& path) {
  uint64_t hash = 14695981039346656037ull ^ seed;
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return hash;
}

std::vector<Value> values_of(const std::vector<std::pair<std::string, Value>>& named) {
  std::vector<Value> values;
  for (const auto& [name, value] : named) values.push_back(value);
  return values;
}

std::vector<std::string> names_of(const std::vector<std::pair<std::string, Value>>& named) {
  std::vector<std::string> names;
  for (const auto& [name, value] : named) names.push_back(name);
  return names;
}

}  // namespace

Model::Model(std::vector<Value> inputs, std::vector<Value> outputs, std::string name)
    : state_(std::make_unique<State>(Network(std::move(inputs), std::move(outputs)), std::move(name))) {}

Model::Model(std::vector<Value> inputs, std::vector<std::pair<std::string, Value>> named, std::string name)
    : state_(std::make_unique<State>(Network(std::move(inputs), values_of(named), names_of(named)), std::move(name))) {}

Model::~Model() = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;

std::vector<Value> Model::outputs_of(const std::vector<Value>& inputs) const {
  if (!state_->as_layer) state_->as_layer = make_layer<ModelLayer>({.name = state_->name}, state_->network);
  return LayerHandle(state_->as_layer).outputs(inputs);
}

Value Model::operator()(const Value& input) const {
  const std::vector<Value> outputs = outputs_of({input});
  LAMINA_CHECK(outputs.size() == 1, "the model has ", outputs.size(), " outputs; use outputs_of({...})");
  return outputs.front();
}

void Model::State::check_compiled() const {
  LAMINA_CHECK(compiled, "You must compile a model before training/testing. Use `model.compile(optimizer, loss)`.");
}

std::vector<std::string> Model::State::layers_changed_since_compile() const {
  std::vector<std::string> layers;
  for (const NamedVariable& named : network.variables()) {
    if (named.trainable == trained.contains(named.variable.get())) continue;
    const std::string layer = named.path.substr(0, named.path.rfind('/'));
    if (std::find(layers.begin(), layers.end(), layer) == layers.end()) layers.push_back(layer);
  }
  return layers;
}

// Once for each change, not for each batch of a loop of train_on_batch.
void Model::State::warn_of_changed_layers(std::ostream& out) {
  std::vector<std::string> changed = layers_changed_since_compile();
  if (!changed.empty() && changed != warned_of_layers) {
    out << "warning: Discrepancy between trainable weights and collected trainable weights, did you set `model.trainable` without "
           "calling `model.compile` after ? `trainable` changed in ["
        << join(changed, ", ", "'") << "]; training goes on with the weights collected at compile.\n";
  }
  warned_of_layers = std::move(changed);
}

GraphOptions Model::State::graph_options(const WeightRanks& ranks) const {
  return {.losses = options.loss,
          .loss_weights = options.loss_weights,
          .metrics = options.metrics,
          .weighted_metrics = options.weighted_metrics,
          .trained = trained,
          .frozen = frozen,
          .optimizer = options.optimizer.get(),
          .compute_type = compute_type(),
          .seed = options.seed,
          .sample_weight_ranks = ranks,
          .fuse = options.fuse};
}

void Model::State::initialise_variables() {
  for (const NamedVariable& named : network.variables()) {
    if (!named.variable->is_set()) named.variable->assign(named.variable->initializer(seed_for(options.seed, named.path)));
  }
}

void Model::State::open_device() {
  DeviceChoice choice = select_device(options.device, options.threads);
  device = choice.device;
  device_line = choice.line;
  ops = options.ops ? options.ops : std::make_shared<const OpRegistry>(kernels::all_ops());
  plan_options = {};
  plan_options.device = device->kind();
  plan_options.threads = threads();
  plan_options.deterministic = options.deterministic;
  plan_options.allow_tf32 = options.policy == Policy::tf32;
  plan_options.fuse = options.fuse;
  plan_options.forced_impls = options.impls;
  plan_options.dump = options.dump;
}

void Model::compile(CompileOptions options) {
  State& state = *state_;
  // Everything is made beside the old state first: a compile that fails leaves the model as it was.
  const auto old = std::tuple(state.options, state.trained, state.frozen, state.device, state.device_line, state.ops, state.plan_options);
  state.options = std::move(options);
  state.trained.clear();
  for (const NamedVariable& named : state.network.variables()) {
    if (named.trainable) state.trained.insert(named.variable.get());
  }
  state.frozen = state.network.frozen_layers();
  try {
    // Without a loss the model predicts, as in Keras; fit then says what is missing.
    std::optional<StepGraph> training;
    if (state.options.loss.form() != Losses::Form::none) training = training_graph(state.network, state.graph_options({}));
    state.open_device();
    for (const auto& [op, impl] : state.options.impls) {
      std::vector<std::string> names;
      for (const KernelImpl* known : state.ops->impls(op, state.device->kind())) names.push_back(known->name);
      LAMINA_CHECK(std::find(names.begin(), names.end(), impl) != names.end(), "op '", op, "' has no implementation '", impl,
                   "' on ", state.device->kind(), "; there are ", join(names), did_you_mean(impl, names));
    }
    state.initialise_variables();
    state.training.clear();
    state.evaluation.clear();
    state.prediction.reset();
    state.last = nullptr;
    state.losses = training ? training->losses : BoundLosses{};
    if (training) {
      auto step = std::make_unique<MeasuredStep>(MeasuredStep{training->losses, training->metrics,
                                                              StepRunner(training->graph, state.ops, state.device, state.plan_options)});
      state.training.emplace(State::WeightRanks{}, std::move(step));
    }
  } catch (...) {
    std::tie(state.options, state.trained, state.frozen, state.device, state.device_line, state.ops, state.plan_options) = old;
    throw;
  }
  state.compiled = true;
  state.warned_of_layers.clear();
}

bool Model::is_compiled() const { return state_->compiled; }

namespace {

std::map<std::string, int> ranks_of(const Batch& batch) {
  std::map<std::string, int> ranks;
  for (const auto& [output, weights] : batch.sample_weights) ranks.emplace(output, weights.extents().rank());
  return ranks;
}

}  // namespace

MeasuredStep& Model::State::training_step(const Batch& batch) {
  const WeightRanks ranks = ranks_of(batch);
  std::unique_ptr<MeasuredStep>& known = training[ranks];
  if (!known) {
    StepGraph graph = training_graph(network, graph_options(ranks));
    known = std::make_unique<MeasuredStep>(MeasuredStep{graph.losses, graph.metrics, StepRunner(graph.graph, ops, device, plan_options)});
  }
  return *known;
}

MeasuredStep& Model::State::evaluation_step(const Batch& batch) {
  const WeightRanks ranks = ranks_of(batch);
  std::unique_ptr<MeasuredStep>& known = evaluation[ranks];
  if (!known) {
    StepGraph graph = evaluation_graph(network, graph_options(ranks));
    known = std::make_unique<MeasuredStep>(MeasuredStep{graph.losses, graph.metrics, StepRunner(graph.graph, ops, device, plan_options)});
  }
  return *known;
}

// A model that was never compiled predicts too, on the default device.
StepRunner& Model::State::prediction_step() {
  if (!prediction) {
    if (!device) open_device();
    initialise_variables();
    prediction = std::make_unique<StepRunner>(prediction_graph(network, compute_type()), ops, device, plan_options);
  }
  return *prediction;
}

Feed Model::State::run(StepRunner& step, const Feed& feed) {
  step.set_observer(observer);
  last = &step;
  return step.run(feed);
}

void Model::save_weights(const std::string& file) const {
  state_->initialise_variables();
  lamina::save_weights(weights(), file);
}

LoadReport Model::load_weights(const std::string& file, LoadOptions options) {
  const LoadReport report = lamina::load_weights(weights(), file, options);
  state_->initialise_variables();  // what the file did not have
  return report;
}

const std::string& Model::name() const { return state_->name; }
const Network& Model::network() const { return state_->network; }
std::shared_ptr<Layer> Model::get_layer(const std::string& name) const { return state_->network.layer(name); }
std::vector<NamedVariable> Model::variables() const { return state_->network.variables(); }
std::vector<NamedVariable> Model::weights() const { return state_->network.weights(); }

std::vector<HostTensor> Model::get_weights() const {
  state_->initialise_variables();
  std::vector<HostTensor> contents;
  for (const NamedVariable& named : weights()) contents.push_back(named.variable->read());
  return contents;
}

void Model::set_weights(const std::vector<HostTensor>& contents) {
  const std::vector<NamedVariable> all = weights();
  LAMINA_CHECK(contents.size() == all.size(), "the model has ", all.size(), " weights, got ", contents.size());
  for (size_t i = 0; i < all.size(); ++i) {
    LAMINA_CHECK(contents[i].extents() == all[i].variable->extents, "weight '", all[i].path, "' has shape ",
                 all[i].variable->extents, ", got ", contents[i].extents());
  }
  for (size_t i = 0; i < all.size(); ++i) all[i].variable->assign(contents[i].cast(all[i].variable->dtype));
}

void Model::set_trainable(bool trainable) {
  for (const auto& [name, layer] : state_->network.layers()) layer->set_trainable(trainable);
  if (state_->as_layer) state_->as_layer->trainable = trainable;
}

void Model::reset_states() {
  for (const NamedVariable& named : variables()) {
    if (named.variable->is_state) named.variable->assign(HostTensor(named.variable->dtype, named.variable->extents));
  }
}

const std::shared_ptr<Optimizer>& Model::optimizer() const { return state_->options.optimizer.get(); }

const std::shared_ptr<Device>& Model::device() const {
  LAMINA_CHECK(state_->device, "the model has no device before compile or predict");
  return state_->device;
}

const std::string& Model::device_line() const { return state_->device_line; }
void Model::stop_training() { state_->stop_training = true; }
bool Model::stops_training() const { return state_->stop_training; }
void Model::set_observer(StepObserver* observer) { state_->observer = observer; }
const Plan* Model::last_plan() const { return state_->last ? state_->last->last_plan() : nullptr; }

std::vector<std::string> Model::input_names() const { return state_->network.input_names(); }
std::vector<LossBinding> Model::targets() const {
  std::vector<LossBinding> reading;
  for (const LossBinding& binding : state_->losses.bindings) {
    if (binding.needs_target) reading.push_back(binding);
  }
  return reading;
}

}  // namespace lamina
