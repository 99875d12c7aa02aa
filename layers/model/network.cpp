// SPDX-License-Identifier: Apache-2.0
#include "layers/model/network.h"

#include <algorithm>
#include <set>

#include "core/base/check.h"
#include "core/graph/graph.h"

namespace lamina {
namespace {

bool is_layer(const Node& node) { return node.op == &layer_op(); }

std::string source_name(const Node& node, const std::vector<Value>& inputs, const std::vector<std::string>& input_names) {
  if (is_layer(node)) return layer_of(node)->name;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].node().get() == &node) return input_names[i];
  }
  return node.op->name;
}

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
  for (LayerCall& call : calls_) {
    for (const Value& input : call.node->inputs) call.from.push_back(source_name(*input.node(), inputs_, input_names_));
  }
  name_outputs(std::move(output_names));
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
    input_names_.push_back(name);
  }
}

// Keras' order: by distance from the outputs, farthest first; among equals in the order in which the calls were made.
void Network::collect_calls() {
  std::vector<Value> roots;
  for (const NetworkOutput& output : outputs_) roots.push_back(output.value);
  const auto order = topological_order(roots);
  std::map<const Node*, int> depth;
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    const Node& node = **at;
    const int own = depth[&node];  // 0 for an output that nothing reads
    for (const Value& input : node.inputs) depth[input.node().get()] = std::max(depth[input.node().get()], own + 1);
    const bool known = std::any_of(inputs_.begin(), inputs_.end(), [&](const Value& input) { return input.node() == *at; });
    LAMINA_CHECK(node.op != &input_op() || known, "the outputs depend on input \"", input_of(node).name,
                 "\", which is not among the inputs of the model");
  }
  // A shared layer stands where its farthest call stands.
  std::map<const Layer*, int> layer_depth;
  for (const auto& node : order) {
    if (is_layer(*node)) {
      int& deepest = layer_depth[layer_of(*node).get()];
      deepest = std::max(deepest, depth.at(node.get()));
    }
  }
  std::vector<std::shared_ptr<const Node>> nodes;
  std::copy_if(order.begin(), order.end(), std::back_inserter(nodes), [](const auto& node) { return is_layer(*node); });
  std::stable_sort(nodes.begin(), nodes.end(), [&](const auto& a, const auto& b) {
    const int a_depth = layer_depth.at(layer_of(*a).get()), b_depth = layer_depth.at(layer_of(*b).get());
    return a_depth != b_depth ? a_depth > b_depth : a->serial < b->serial;
  });
  std::set<const Layer*> seen;
  for (const auto& node : nodes) calls_.push_back({layer_of(*node), node, seen.insert(layer_of(*node).get()).second, {}});
}

// Numbers unnamed layers per model, in the order in which they were called, so that building a model twice gives the
// same names. A name once given to a shared layer stays.
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
    if (call->layer->name_is_given) {
      LAMINA_CHECK(name.find('/') == std::string::npos, "layer name \"", name, "\" holds a '/', which separates layer and weight");
    }
  }
  for (const auto& [name, count] : taken) {
    LAMINA_CHECK(count == 1, "The name \"", name, "\" is used ", count, " times in the model. All operation names should be unique.");
  }
  for (const LayerCall* call : by_age) {
    if (!call->layer->name.empty()) continue;
    const std::string base = default_layer_name(call->layer->type());
    std::string name = base;
    for (int number = 1; taken.contains(name); ++number) name = text(base, "_", number);
    ++taken[name];
    call->layer->name = name;
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
    outputs_[i].name = source_name(*value.node(), inputs_, input_names_);
    // Several outputs of one call: the first has the layer's name.
    if (value.output() > 0) outputs_[i].name += text("_", value.output());
  }
}

std::vector<std::string> Network::output_names() const {
  std::vector<std::string> names;
  for (const NetworkOutput& output : outputs_) names.push_back(output.name);
  return names;
}

std::vector<std::shared_ptr<Layer>> Network::layers() const {
  std::vector<std::shared_ptr<Layer>> result;
  for (const LayerCall& call : calls_) {
    if (call.first_call) result.push_back(call.layer);
  }
  return result;
}

std::shared_ptr<Layer> Network::layer(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& layer : layers()) {
    if (layer->name == name) return layer;
    names.push_back(layer->name);
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

}  // namespace

std::vector<NamedVariable> Network::variables() const {
  std::set<const Variable*> seen;
  std::vector<NamedVariable> result;
  for (const auto& layer : layers()) list_variables(*layer, layer->name + "/", true, seen, result);
  return result;
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
                   std::vector<Value> results = layer_of(*node)->apply(context, values);
                   if (see) see(*layer_of(*node), results);
                   return results;
                 },
                 map);
}

}  // namespace lamina
