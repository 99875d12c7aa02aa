// SPDX-License-Identifier: Apache-2.0
// The layers of a model as a graph: their names and order, and tracing them into one graph of ops. Knows nothing of
// losses, devices or training.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "layers/layer.h"

namespace lamina {

// One call of a layer, in the order of summary; a shared layer has several, one behind the other.
struct LayerCall {
  std::shared_ptr<Layer> layer;
  std::string name;  // of the layer in this model
  std::shared_ptr<const Node> node;
  bool first_call = true;
  std::vector<std::string> from = {};  // names of the layers (or inputs, or ops) that its inputs come from
};

// One line of summary.
struct Listed {
  bool is_input;
  size_t index;  // of inputs(), or of calls(), where the layer's first call stands
};

struct NamedVariable {
  std::string path;  // "dense/kernel"
  std::shared_ptr<Variable> variable;
  bool trainable = true;  // the variable is, and its layer, and every model around it
};

struct NetworkOutput {
  std::string name;
  Value value;
};

class Network {
 public:
  // Outputs are named by the layers that made them, unless `output_names` says otherwise. Layers without a name are
  // numbered in this model alone: another model that holds them may number them otherwise. Throws where a Value comes
  // from an input that is not listed, or two layers were given the same name.
  Network(std::vector<Value> inputs, std::vector<Value> outputs, std::vector<std::string> output_names = {});

  const std::vector<Value>& inputs() const { return inputs_; }
  const std::vector<std::string>& input_names() const { return input_names_; }
  const std::vector<NetworkOutput>& outputs() const { return outputs_; }
  std::vector<std::string> output_names() const;

  const std::vector<LayerCall>& calls() const { return calls_; }
  const std::vector<Listed>& listed() const { return listed_; }  // inputs and layers, each once, in Keras' order
  std::vector<std::pair<std::string, std::shared_ptr<Layer>>> layers() const;  // by name, each once, in that order
  std::shared_ptr<Layer> layer(const std::string& name) const;                 // throws, naming the nearest

  std::vector<NamedVariable> variables() const;  // each once
  std::vector<NamedVariable> weights() const;    // without the states of stateful layers
  std::set<const Layer*> frozen_layers() const;  // that do not train, or a model or layer around them does not

  // Traces all layers over `inputs` (the model's own input leaves, or other Values of their types). `see` is shown the
  // outputs of each layer's call.
  using SeeLayer = std::function<void(const std::string& name, std::span<const Value> outputs)>;
  std::vector<Value> trace(CallContext& context, std::span<const Value> inputs, const SeeLayer& see = {}) const;

  // The input leaves under the model's names, to trace over.
  std::vector<Value> input_leaves() const;

 private:
  void name_inputs();
  void collect_calls();
  void name_layers();
  void name_outputs(std::vector<std::string> names);
  std::string source_name(const Node& node) const;

  std::vector<Value> inputs_;
  std::vector<std::string> input_names_;
  std::vector<NetworkOutput> outputs_;
  std::vector<LayerCall> calls_;
  std::vector<Listed> listed_;
  std::map<const Layer*, std::string> names_;
};

}  // namespace lamina
