// SPDX-License-Identifier: Apache-2.0
// Whole models as the golden files describe them (docs/golden.md): layers by name, nested models, shared layers; what
// compile gets; data by list and by name.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/layers/golden_layer.h"
#include "tests/testing/golden.h"

namespace lamina::testing {

inline Model golden_model(const json& config, const std::string& name = {}) {
  std::map<std::string, Value> values;
  std::map<std::string, LayerHandle> layers;
  std::vector<Value> inputs, outputs;
  for (const json& node : config.at("layers")) {
    const std::string node_name = node.at("name");
    std::vector<Value> from;
    for (const json& input : node.at("inputs")) from.push_back(values.at(input.get<std::string>()));
    if (node.contains("reuse")) {
      values[node_name] = layers.at(node.at("reuse"))(from);
    } else if (node.at("class") == "Input") {
      Shape shape;
      for (const json& dim : node.at("args").at("shape")) shape.push_back(Dim(dim.get<int64_t>()));
      const DType dtype = dtype_from_name(node.at("args").at("dtype").get<std::string>());
      values[node_name] = Input(shape, {.name = node_name, .dtype = dtype});
      inputs.push_back(values[node_name]);
    } else if (node.at("class") == "Model") {
      values[node_name] = golden_model(node.at("model"), node_name)(from.at(0));
    } else {
      const LayerHandle layer = golden_layer(node, node_name);
      layers.emplace(node_name, layer);
      // A function of one Value is called on it, not on a list of one.
      values[node_name] = from.size() == 1 ? layer(from[0]) : layer(from);
    }
  }
  for (const json& output : config.at("outputs")) outputs.push_back(values.at(output.get<std::string>()));
  return Model(inputs, outputs, name);
}

inline std::shared_ptr<Optimizer> golden_optimizer(const json& config) {
  const json& args = config.at("args");
  GradientClipping clipping;
  if (args.contains("global_clipnorm")) clipping.global_clip_norm = args.at("global_clipnorm");
  const double rate = args.at("learning_rate");
  const double momentum = args.value("momentum", 0.0);
  if (config.at("class") == "SGD") return sgd({.learning_rate = rate, .momentum = momentum, .clipping = clipping});
  if (config.at("class") == "Adam") return adam({.learning_rate = rate, .clipping = clipping});
  if (config.at("class") == "RMSprop") return rmsprop({.learning_rate = rate, .momentum = momentum, .clipping = clipping});
  unknown_in_golden("an unknown optimizer " + config.at("class").dump());
}

inline LossSpec golden_loss(const json& loss) {
  if (loss.is_null()) return no_loss;
  if (loss == "identity") return [](Value, Value y_pred) { return y_pred; };
  if (loss.is_string()) return loss.get<std::string>();
  if (loss.at("class") == "Huber") return losses::huber(loss.at("args").at("delta"));
  unknown_in_golden("an unknown loss " + loss.dump());
}

inline Losses golden_losses(const json& loss) {
  if (loss.is_array()) {
    if (loss.size() != 2) unknown_in_golden("a list of other than two losses");
    return {golden_loss(loss[0]), golden_loss(loss[1])};
  }
  if (!loss.is_object() || loss.contains("class")) return golden_loss(loss);
  std::vector<NamedLoss> by_name;
  for (const auto& [output, entry] : loss.items()) by_name.push_back({output, golden_loss(entry)});
  return Losses::by_name(by_name);
}

inline LossWeights golden_loss_weights(const json& weights) {
  if (weights.size() != 2) unknown_in_golden("other than two loss weights");
  if (weights.is_array()) return {weights[0].get<double>(), weights[1].get<double>()};
  const auto first = weights.begin(), second = std::next(first);
  return {NamedWeight{first.key(), first.value()}, NamedWeight{second.key(), second.value()}};
}

// Keras' list of lists, one per output, is by name here.
inline Metrics golden_metrics(const json& metrics, const json& outputs) {
  const auto list = [](const json& names) {
    std::vector<MetricSpec> specs;
    for (const json& name : names) specs.push_back(name.get<std::string>());
    return specs;
  };
  if (metrics.is_array() && metrics[0].is_string()) {
    if (metrics.size() > 2) unknown_in_golden("more than two metrics");
    if (metrics.size() == 1) return {MetricSpec(metrics[0].get<std::string>())};
    return {MetricSpec(metrics[0].get<std::string>()), MetricSpec(metrics[1].get<std::string>())};
  }
  if (outputs.size() != 2) unknown_in_golden("metrics by output for other than two outputs");
  const auto of = [&](size_t i) {
    const std::string name = outputs[i];
    return NamedMetrics{name, list(metrics.is_array() ? metrics[i] : metrics.at(name))};
  };
  return {of(0), of(1)};
}

inline CompileOptions golden_compile_options(const json& config, const json& outputs) {
  CompileOptions options;
  options.optimizer = golden_optimizer(config.at("optimizer"));
  options.loss = golden_losses(config.at("loss"));
  if (config.contains("loss_weights")) options.loss_weights = golden_loss_weights(config.at("loss_weights"));
  if (config.contains("metrics")) options.metrics = golden_metrics(config.at("metrics"), outputs);
  if (config.contains("weighted_metrics")) options.weighted_metrics = golden_metrics(config.at("weighted_metrics"), outputs);
  return options;
}

// x, y or sample_weight: an array, a list, or arrays by name.
inline Tensors golden_tensors(const json& data) {
  if (data.is_array()) {
    std::vector<HostTensor> list;
    for (const json& array : data) list.push_back(tensor_of(array));
    return list;
  }
  if (data.contains("shape")) return tensor_of(data);
  TensorMap by_name;
  for (const auto& [name, array] : data.items()) by_name.emplace(name, tensor_of(array));
  return by_name;
}

// The model's variables for a list of {layer, name, value}. A file names the two directions of a Bidirectional layer
// alike, so among equal names the order decides.
inline std::vector<std::pair<NamedVariable, HostTensor>> golden_weights(const Model& model, const json& weights) {
  std::vector<std::pair<NamedVariable, HostTensor>> found;
  std::set<std::string> taken;
  const std::vector<NamedVariable> variables = model.variables();
  for (const json& entry : weights) {
    const std::string layer = entry.at("layer").get<std::string>() + "/", weight = "/" + entry.at("name").get<std::string>();
    const auto at = std::find_if(variables.begin(), variables.end(), [&](const NamedVariable& named) {
      return named.path.starts_with(layer) && named.path.ends_with(weight) && !taken.contains(named.path);
    });
    if (at == variables.end()) unknown_in_golden("a weight that the model lacks: " + layer + weight);
    taken.insert(at->path);
    found.emplace_back(*at, tensor_of(entry.at("value")));
  }
  if (taken.size() != variables.size()) unknown_in_golden("no contents for some weights of the model");
  return found;
}

}  // namespace lamina::testing
