// SPDX-License-Identifier: Apache-2.0
// What every layer is: variables made when the input shapes are first seen, and a call that is traced into graph nodes.
// Users hold layers by handles (Dense, LSTM, ...), which are cheap to copy; calling a handle again shares the weights.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/graph/leaves.h"
#include "core/graph/value.h"
#include "layers/initializers.h"
#include "layers/regularizers.h"

namespace lamina {

class Layer;

// What a call knows besides its inputs. One object per trace of a whole model.
class CallContext {
 public:
  bool training = false;
  DType compute_type = DType::f32;  // of activations and of the casts of weights (bf16 under mixed_bfloat16)
  uint64_t seed = 0;                // of dropout

  // The layers that did not train when the model was compiled, by Network::frozen_layers(): a change of `trainable` counts
  // from the next compile on, in every step that is traced.
  std::set<const Layer*> frozen;
  bool is_frozen(const Layer& layer) const { return frozen.contains(&layer); }

  // The boolean mask that came with a Value (true: the step counts), or an empty Value.
  Value mask_of(const Value& value) const;
  void set_mask(const Value& value, const Value& mask);

  // A variable as it is stored: one leaf, however often it is asked for.
  Value stored(const std::shared_ptr<Variable>& variable);
  // A variable as most layers compute with it: cast to the compute type where it is floating.
  Value read(const std::shared_ptr<Variable>& variable);

  // The training step, an i32 scalar fed by the trainer; random layers draw by it.
  Value step();
  uint32_t next_random_stream() { return random_streams_++; }  // tells apart the random layers of one model

  // The call writes `value` to `variable` after each step (stateful layers, moving statistics). A layer that is called twice
  // in a step starts from what its first call leaves behind.
  void update(const std::shared_ptr<Variable>& variable, const Value& value);
  Value updated(const std::shared_ptr<Variable>& variable);
  const std::vector<std::pair<std::shared_ptr<Variable>, Value>>& updates() const { return updates_; }

 private:
  std::map<ValueKey, Value> masks_;
  std::vector<Value> kept_;  // the keys above are addresses: their nodes must live as long
  std::map<const Variable*, Value> stored_;
  Value step_;
  uint32_t random_streams_ = 0;
  std::vector<std::pair<std::shared_ptr<Variable>, Value>> updates_;
};

inline constexpr const char* kStepInput = "lamina/step";

class Layer {
 public:
  virtual ~Layer() = default;

  virtual std::string type() const = 0;  // "Dense", as summary shows it

  // Makes the variables for these input types. Called once, before the first call.
  virtual void build(std::span<const TensorType> inputs);

  // Traces the layer over its inputs. Throws LAMINA_CHECK texts; the caller puts the layer's name before them.
  virtual std::vector<Value> call(CallContext& context, std::span<const Value> inputs) = 0;

  // The masks of the outputs: by default none, or the first input's where supports_masking().
  virtual std::vector<Value> masks(CallContext& context, std::span<const Value> inputs, std::span<const Value> outputs);
  virtual bool supports_masking() const { return false; }

  // Whether this layer holds others (Bidirectional, TimeDistributed, a nested model); their variables are listed too.
  virtual std::vector<std::pair<std::string, std::shared_ptr<Layer>>> inner_layers() const { return {}; }

  // Build, cast the inputs to the compute type, call, and set the masks of the outputs. `known_as` is the name under
  // which the caller holds an unnamed layer: its nodes are then named by it.
  std::vector<Value> apply(CallContext& context, std::span<const Value> inputs, const std::string& known_as = {});

  const std::vector<std::shared_ptr<Variable>>& own_variables() const { return variables_; }
  bool is_built() const { return built_; }

  // This layer and all that is in it. `trainable` is read at compile; a layer trains where all around it do, too.
  void set_trainable(bool value);

  std::string name;                         // given by the user, or empty: each model numbers its unnamed layers
  bool trainable = true;
  std::optional<DType> compute_type = {};   // instead of the model's

 protected:
  std::shared_ptr<Variable> add_weight(const std::string& name, const Extents& extents, const Initializer& initializer,
                                       const Regularizer& regularizer = {}, bool trainable = true);

 private:
  std::vector<std::shared_ptr<Variable>> variables_;
  bool built_ = false;
};

// A handle to a shared layer.
class LayerHandle {
 public:
  explicit LayerHandle(std::shared_ptr<Layer> layer) : layer_(std::move(layer)) {}

  // A wrong shape throws here, on the caller's line.
  Value operator()(const Value& input) const { return single({input}); }
  Value operator()(const std::vector<Value>& inputs) const { return single(inputs); }
  // Of a layer with several outputs, all of them (LSTM with return_state: output, h, c).
  std::vector<Value> outputs(const std::vector<Value>& inputs) const;

  const std::shared_ptr<Layer>& layer() const { return layer_; }
  void set_trainable(bool trainable) const { layer_->set_trainable(trainable); }
  std::vector<HostTensor> weights() const;  // without the state of a stateful layer
  void set_weights(const std::vector<HostTensor>& weights) const;  // in the order of weights(); checks count and shapes first

 private:
  Value single(const std::vector<Value>& inputs) const;

  std::shared_ptr<Layer> layer_;
};

// Options that every layer takes.
struct LayerOptions {
  std::string name = {};
  bool trainable = true;
  std::optional<DType> compute_type = {};
};

template <class LayerType, class... Args>
std::shared_ptr<Layer> make_layer(const LayerOptions& options, Args&&... args) {
  auto layer = std::make_shared<LayerType>(std::forward<Args>(args)...);
  layer->name = options.name;
  layer->trainable = options.trainable;
  layer->compute_type = options.compute_type;
  return layer;
}

// The node that stands for a layer's call until a model traces it: its op is layer_op().
const OpDef& layer_op();
const std::shared_ptr<Layer>& layer_of(const Node& node);

// "LeakyReLU" -> "leaky_re_lu", as Keras names layers.
std::string default_layer_name(const std::string& type);

// The given name, or the default one.
std::string name_or_default(const Layer& layer);

// Variables of the layer and of those inside it, with their paths below it: "kernel", "forward/kernel". Each once.
std::vector<std::pair<std::string, std::shared_ptr<Variable>>> all_variables(const Layer& layer);

// An input of a model: shape without the batch axis. Symbols name what may differ from batch to batch.
struct InputOptions {
  std::string name = {};
  DType dtype = DType::f32;
  std::optional<int64_t> batch_size = {};
};
Value Input(const Shape& shape, const InputOptions& options = {});

}  // namespace lamina
