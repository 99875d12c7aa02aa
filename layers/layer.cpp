// SPDX-License-Identifier: Apache-2.0
#include "layers/layer.h"

#include <algorithm>
#include <atomic>
#include <set>

#include "core/base/check.h"
#include "core/graph/pointwise.h"

namespace lamina {
namespace {

struct LayerAttributes {
  std::shared_ptr<Layer> layer;
  template <class Visitor>
  void visit(Visitor&&) {}
  friend bool operator==(const LayerAttributes& a, const LayerAttributes& b) { return a.layer == b.layer; }
};

// A trial call on inputs of these types: the shapes of a layer's outputs are those of what it traces.
std::vector<TensorType> infer_layer(const Attributes& attributes, std::span<const TensorType> inputs) {
  const std::shared_ptr<Layer>& layer = attributes.get<LayerAttributes>().layer;
  std::vector<Value> values;
  for (const TensorType& input : inputs) values.push_back(input_value(text("trial_", values.size()), input.dtype, input.shape));
  CallContext context;
  return types_of(layer->apply(context, values));
}

void collect(const Layer& layer, const std::string& prefix, std::set<const Variable*>& seen,
             std::vector<std::pair<std::string, std::shared_ptr<Variable>>>& into) {
  for (const auto& variable : layer.own_variables()) {
    if (seen.insert(variable.get()).second) into.emplace_back(prefix + variable->name, variable);
  }
  for (const auto& [name, inner] : layer.inner_layers()) collect(*inner, prefix + name + "/", seen, into);
}

// What is saved and copied: the state of a stateful layer belongs to the data that it has seen.
std::vector<std::pair<std::string, std::shared_ptr<Variable>>> weights_of(const Layer& layer) {
  auto variables = all_variables(layer);
  std::erase_if(variables, [](const auto& entry) { return entry.second->is_state; });
  return variables;
}

}  // namespace

Value CallContext::mask_of(const Value& value) const {
  const auto found = masks_.find(value);
  return found == masks_.end() ? Value() : found->second;
}

void CallContext::set_mask(const Value& value, const Value& mask) {
  kept_.push_back(value);
  if (mask.exists()) {
    masks_[value] = mask;
  } else {
    masks_.erase(value);
  }
}

Value CallContext::stored(const std::shared_ptr<Variable>& variable) {
  Value& known = stored_[variable.get()];
  if (!known.exists()) known = variable_value(variable);
  return known;
}

Value CallContext::read(const std::shared_ptr<Variable>& variable) {
  const Value known = stored(variable);
  return is_floating(known.dtype()) ? cast(known, compute_type) : known;
}

Value CallContext::step() {
  if (!step_.exists()) step_ = input_value(kStepInput, DType::i32, Shape{});
  return step_;
}

void CallContext::update(const std::shared_ptr<Variable>& variable, const Value& value) {
  std::erase_if(updates_, [&](const auto& update) { return update.first == variable; });
  updates_.emplace_back(variable, value);
}

Value CallContext::updated(const std::shared_ptr<Variable>& variable) {
  const auto found = std::find_if(updates_.begin(), updates_.end(), [&](const auto& update) { return update.first == variable; });
  return found == updates_.end() ? stored(variable) : found->second;
}

void Layer::build(std::span<const TensorType>) {}

std::vector<Value> Layer::masks(CallContext& context, std::span<const Value> inputs, std::span<const Value> outputs) {
  return std::vector<Value>(outputs.size(), supports_masking() && !inputs.empty() ? context.mask_of(inputs[0]) : Value());
}

void Layer::set_trainable(bool value) {
  trainable = value;
  for (const auto& [inner_name, inner] : inner_layers()) inner->set_trainable(value);
}

std::vector<Value> Layer::apply(CallContext& context, std::span<const Value> inputs, const std::string& known_as) {
  const NameScope scope(known_as.empty() ? name_or_default(*this) : known_as);
  if (!built_) {
    build(types_of(inputs));
    built_ = true;
  }
  const DType outer_type = context.compute_type;
  if (compute_type) context.compute_type = *compute_type;
  std::vector<Value> cast_inputs;
  for (const Value& input : inputs) {
    cast_inputs.push_back(is_floating(input.dtype()) ? cast(input, context.compute_type) : input);
    context.set_mask(cast_inputs.back(), context.mask_of(input));
  }
  std::vector<Value> outputs = call(context, cast_inputs);
  const std::vector<Value> output_masks = masks(context, cast_inputs, outputs);
  for (size_t i = 0; i < outputs.size(); ++i) {
    // A layer may return its input (dropout at inference): the mask then belongs to both.
    if (output_masks[i].exists() || !context.mask_of(outputs[i]).exists()) context.set_mask(outputs[i], output_masks[i]);
  }
  context.compute_type = outer_type;
  return outputs;
}

std::shared_ptr<Variable> Layer::add_weight(const std::string& weight, const Extents& extents, const Initializer& initializer,
                                            const Regularizer& regularizer, bool weight_trainable) {
  auto variable = std::make_shared<Variable>(weight, DType::f32, extents, weight_trainable);
  variable->initializer = [initializer, extents](uint64_t seed) { return initializer.make(extents, seed); };
  variable->regularizer = regularizer.penalty;
  variables_.push_back(variable);
  return variable;
}

std::vector<Value> LayerHandle::outputs(const std::vector<Value>& inputs) const {
  const NameScope scope(name_or_default(*layer_));
  return make_node(layer_op(), LayerAttributes{layer_}, inputs);
}

Value LayerHandle::single(const std::vector<Value>& inputs) const {
  const std::vector<Value> values = outputs(inputs);
  LAMINA_CHECK(values.size() == 1, "layer ", name_or_default(*layer_), " has ", values.size(),
               " outputs; use .outputs({...}), which returns all of them");
  return values.front();
}

std::vector<HostTensor> LayerHandle::weights() const {
  std::vector<HostTensor> contents;
  for (const auto& [path, variable] : weights_of(*layer_)) contents.push_back(variable->read());
  return contents;
}

void LayerHandle::set_weights(const std::vector<HostTensor>& weights) const {
  const auto variables = weights_of(*layer_);
  LAMINA_CHECK(weights.size() == variables.size(), "layer ", name_or_default(*layer_), " has ", variables.size(), " weights, got ",
               weights.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    const auto& [path, variable] = variables[i];
    LAMINA_CHECK(weights[i].extents() == variable->extents, "weight '", path, "' of layer ", name_or_default(*layer_), " has shape ",
                 variable->extents, ", got ", weights[i].extents());
  }
  for (size_t i = 0; i < weights.size(); ++i) variables[i].second->assign(weights[i]);
}

const OpDef& layer_op() {
  static const OpDef op{.name = "layer", .infer = infer_layer, .gradient = {}, .flops = {}};
  return op;
}

const std::shared_ptr<Layer>& layer_of(const Node& node) {
  LAMINA_ASSERT(node.op == &layer_op(), node.name);
  return node.attributes.get<LayerAttributes>().layer;
}

std::string default_layer_name(const std::string& type) {
  std::string name;
  for (size_t i = 0; i < type.size(); ++i) {
    const auto upper = [&](size_t at) { return std::isupper(static_cast<unsigned char>(type[at])) != 0; };
    const auto lower = [&](size_t at) { return at < type.size() && std::islower(static_cast<unsigned char>(type[at])); };
    // A word starts at a capital behind or before a small letter: not at the D of Conv2D.
    const bool starts_word = i > 0 && upper(i) && (lower(i - 1) || lower(i + 1));
    if (starts_word) name += '_';
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(type[i])));
  }
  return name;
}

std::string name_or_default(const Layer& layer) {
  return layer.name.empty() ? default_layer_name(layer.type()) : layer.name;
}

std::vector<std::pair<std::string, std::shared_ptr<Variable>>> all_variables(const Layer& layer) {
  std::set<const Variable*> seen;
  std::vector<std::pair<std::string, std::shared_ptr<Variable>>> variables;
  collect(layer, "", seen, variables);
  return variables;
}

Value Input(const Shape& shape, const InputOptions& options) {
  static std::atomic<int> unnamed{0};
  // A name of its own until a model numbers its inputs.
  const std::string name = options.name.empty() ? text("input#", ++unnamed) : options.name;
  return input_value(name, options.dtype, shape.with_axis(0, options.batch_size ? Dim(*options.batch_size) : Dim::symbol("batch")));
}

}  // namespace lamina
