// SPDX-License-Identifier: Apache-2.0
// The layers of a model as a graph: their names and order, and tracing them into one graph of ops. Knows nothing of
// losses, devices or training.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "layers/layer.h"

namespace lamina {

// One call of a layer, in the order of summary; a shared layer has several.
struct LayerCall {
  std::shared_ptr<Layer> layer;
  std::shared_ptr<const Node> node;
  bool first_call = true;
  std::vector<std::string> from;  // names of the layers (or inputs, or ops) that its inputs come from
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
  // Outputs are named by the layers that made them, unless `output_names` says otherwise. Throws where a Value comes
  // from an input that is not listed, or two layers share a name.
  Network(std::vector<Value> inputs, std::vector<Value> outputs, std::vector<std::string> output_names = {});

  const std::vector<Value>& inputs() const { return inputs_; }
  const std::vector<std::string>& input_names() const { return input_names_; }
  const std::vector<NetworkOutput>& outputs() const { return outputs_; }
  std::vector<std::string> output_names() const;

  const std::vector<LayerCall>& calls() const { return calls_; }
  std::vector<std::shared_ptr<Layer>> layers() const;  // each once, in the order of summary
  std::shared_ptr<Layer> layer(const std::string& name) const;  // throws, naming the nearest
  std::vector<NamedVariable> variables() const;                 // each once

  // Traces all layers over `inputs` (the model's own input leaves, or other Values of their types). `see` is shown the
  // outputs of each layer's call.
  using SeeLayer = std::function<void(const Layer& layer, std::span<const Value> outputs)>;
  std::vector<Value> trace(CallContext& context, std::span<const Value> inputs, const SeeLayer& see = {}) const;

  // The input leaves under the model's names, to trace over.
  std::vector<Value> input_leaves() const;

 private:
  void collect_calls();
  void name_layers();
  void name_inputs();
  void name_outputs(std::vector<std::string> names);

  std::vector<Value> inputs_;
  std::vector<std::string> input_names_;
  std::vector<NetworkOutput> outputs_;
  std::vector<LayerCall> calls_;
};

}  // namespace lamina
