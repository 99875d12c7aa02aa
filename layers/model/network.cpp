// SPDX-License-Identifier: Apache-2.0
#include "layers/model/network.h"

#include <algorithm>
#include <set>

#include "core/base/check.h"
#include "core/graph/graph.h"
#include "layers/model/layer_order.h"

namespace lamina {
namespace {

bool is_layer(const Node& node) { return node.op == &layer_op(); }

}  // namespace

Network::Network(std::vector<Value> inputs, std::vector<Value> outputs, std::vector<std::string> output_names)
    : inputs_(std::move(inputs)) {
  LAMINA_CHECK(!inputs_.empty(), "a model needs an input");
  LAMINA_CHECK(!outputs.empty(), "a model needs an output");
  for (const Value& input : inputs_) {
    LAMINA_CHECK(input.exists() && input.node()->op == &input_op(), "the inputs of a model must come from Input(...)");
  }
  for (const Value& output : outputs) {
    LAMINA_CHECK(output.exists(), "an output of the model is an empty Value");
    outputs_.push_back({"", output});
  }
  name_inputs();
  collect_calls();
  name_layers();
  name_outputs(std::move(output_names));
}

std::string Network::source_name(const Node& node) const {
  if (is_layer(node)) return names_.at(layer_of(node).get());
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].node().get() == &node) return input_names_[i];
  }
  return node.op->name;
}

void Network::name_inputs() {
  std::set<std::string> taken;
  for (const Value& input : inputs_) taken.insert(input_of(*input.node()).name);
  int unnamed = 0;
  for (const Value& input : inputs_) {
    std::string name = input_of(*input.node()).name;
    const bool given = name.find('#') == std::string::npos;
    while (!given && (name.find('#') != std::string::npos || taken.contains(name))) {
      name = unnamed == 0 ? "input" : text("input_", unnamed);
      ++unnamed;
    }
    LAMINA_CHECK(std::find(input_names_.begin(), input_names_.end(), name) == input_names_.end(), "The input name \"", name,
                 "\" is used twice in the model.");
    LAMINA_CHECK(name.find('/') == std::string::npos, "input name \"", name,
                 "\" holds a '/', which names what the model itself is fed (\"<output>/target\")");
    input_names_.push_back(name);
  }
}

void Network::collect_calls() {
  std::vector<Value> roots;
  for (const NetworkOutput& output : outputs_) roots.push_back(output.value);
  std::map<const Node*, size_t> input_at;
  for (size_t i = 0; i < inputs_.size(); ++i) input_at.emplace(inputs_[i].node().get(), i);
  for (const auto& node : topological_order(roots)) {
    LAMINA_CHECK(node->op != &input_op() || input_at.contains(node.get()), "the outputs depend on input \"", input_of(*node).name,
                 "\", which is not among the inputs of the model");
  }
  for (const OrderedOperation& operation : keras_order(inputs_, roots)) {
    const bool is_input = !is_layer(*operation.node);
    listed_.push_back({is_input, is_input ? input_at.at(operation.node.get()) : calls_.size()});
    if (is_input) continue;
    for (const auto& node : operation.calls) calls_.push_back({layer_of(*node), "", node, node == operation.node});
  }
}

// Numbers the unnamed layers in the order in which they were called, so that building a model twice gives the same
// names.
void Network::name_layers() {
  std::vector<const LayerCall*> by_age;
  for (const LayerCall& call : calls_) {
    if (call.first_call) by_age.push_back(&call);
  }
  std::sort(by_age.begin(), by_age.end(), [](const auto* a, const auto* b) { return a->node->serial < b->node->serial; });
  std::map<std::string, int> taken;
  for (const LayerCall* call : by_age) {
    const std::string& name = call->layer->name;
    if (name.empty()) continue;
    ++taken[name];
    LAMINA_CHECK(name.find('/') == std::string::npos, "layer name \"", name, "\" holds a '/', which separates layer and weight");
  }
  for (const auto& [name, count] : taken) {
    LAMINA_CHECK(count == 1, "The name \"", name, "\" is used ", count, " times in the model. All operation names should be unique.");
  }
  for (const LayerCall* call : by_age) {
    std::string name = name_or_default(*call->layer);
    if (call->layer->name.empty()) {
      const std::string base = name;
      for (int number = 1; taken.contains(name); ++number) name = text(base, "_", number);
      ++taken[name];
    }
    names_.emplace(call->layer.get(), std::move(name));
  }
  for (LayerCall& call : calls_) {
    call.name = names_.at(call.layer.get());
    for (const Value& input : call.node->inputs) call.from.push_back(source_name(*input.node()));
  }
}

void Network::name_outputs(std::vector<std::string> names) {
  LAMINA_CHECK(names.empty() || names.size() == outputs_.size(), "the model has ", outputs_.size(), " outputs, but ", names.size(),
               " output names were given");
  for (size_t i = 0; i < outputs_.size(); ++i) {
    if (!names.empty()) {
      outputs_[i].name = names[i];
      continue;
    }
    const Value& value = outputs_[i].value;
    outputs_[i].name = source_name(*value.node());
    // Several outputs of one call: the first has the layer's name.
    if (value.output() > 0) outputs_[i].name += text("_", value.output());
  }
}

std::vector<std::string> Network::output_names() const {
  std::vector<std::string> names;
  for (const NetworkOutput& output : outputs_) names.push_back(output.name);
  return names;
}

std::vector<std::pair<std::string, std::shared_ptr<Layer>>> Network::layers() const {
  std::vector<std::pair<std::string, std::shared_ptr<Layer>>> result;
  for (const LayerCall& call : calls_) {
    if (call.first_call) result.emplace_back(call.name, call.layer);
  }
  return result;
}

std::shared_ptr<Layer> Network::layer(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& [known, layer] : layers()) {
    if (known == name) return layer;
    names.push_back(known);
  }
  throw Error(ErrorKind::model, text("No such layer: ", name, ". Existing layers are: [", join(names, ", ", "'"), "]",
                                     did_you_mean(name, names)));
}

namespace {

void list_variables(const Layer& layer, const std::string& prefix, bool trainable, std::set<const Variable*>& seen,
                    std::vector<NamedVariable>& into) {
  trainable = trainable && layer.trainable;
  for (const auto& variable : layer.own_variables()) {
    if (seen.insert(variable.get()).second) into.push_back({prefix + variable->name, variable, trainable && variable->trainable});
  }
  for (const auto& [name, inner] : layer.inner_layers()) list_variables(*inner, prefix + name + "/", trainable, seen, into);
}

// A layer that is reached twice is as it was first found, like its variables.
void list_trainable(const Layer& layer, bool trainable, std::map<const Layer*, bool>& into) {
  trainable = trainable && layer.trainable;
  if (!into.emplace(&layer, trainable).second) return;
  for (const auto& [name, inner] : layer.inner_layers()) list_trainable(*inner, trainable, into);
}

}  // namespace

std::vector<NamedVariable> Network::variables() const {
  std::set<const Variable*> seen;
  std::vector<NamedVariable> result;
  for (const auto& [name, layer] : layers()) list_variables(*layer, name + "/", true, seen, result);
  return result;
}

std::vector<NamedVariable> Network::weights() const {
  std::vector<NamedVariable> result = variables();
  std::erase_if(result, [](const NamedVariable& named) { return named.variable->is_state; });
  return result;
}

std::set<const Layer*> Network::frozen_layers() const {
  std::map<const Layer*, bool> trainable;
  for (const auto& [name, layer] : layers()) list_trainable(*layer, true, trainable);
  std::set<const Layer*> frozen;
  for (const auto& [layer, trains] : trainable) {
    if (!trains) frozen.insert(layer);
  }
  return frozen;
}

std::vector<Value> Network::input_leaves() const {
  std::vector<Value> leaves;
  for (size_t i = 0; i < inputs_.size(); ++i) leaves.push_back(input_value(input_names_[i], inputs_[i].dtype(), inputs_[i].shape()));
  return leaves;
}

std::vector<Value> Network::trace(CallContext& context, std::span<const Value> inputs, const SeeLayer& see) const {
  LAMINA_CHECK(inputs.size() == inputs_.size(), "the model has ", inputs_.size(), " inputs, called was it with ", inputs.size());
  ValueMap map;
  for (size_t i = 0; i < inputs.size(); ++i) map[inputs_[i]] = inputs[i];
  std::vector<Value> roots;
  for (const NetworkOutput& output : outputs_) roots.push_back(output.value);
  return rewrite(roots,
                 [&](const std::shared_ptr<const Node>& node, const std::vector<Value>& values) -> std::vector<Value> {
                   if (!is_layer(*node)) return {};
                   const std::string& name = names_.at(layer_of(*node).get());
                   std::vector<Value> results = layer_of(*node)->apply(context, values, name);
                   if (see) see(name, results);
                   return results;
                 },
                 map);
}

}  // namespace lamina
