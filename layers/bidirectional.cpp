// SPDX-License-Identifier: Apache-2.0
#include "layers/bidirectional.h"

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "kernels/concat/concat.h"
#include "kernels/slice/slice.h"

namespace lamina {
namespace {

std::shared_ptr<Layer> direction(const LSTM& layer, bool backwards) {
  LSTMOptions options = layer.options();
  options.name = backwards ? "backward" : "forward";
  if (backwards) options.go_backwards = !options.go_backwards;
  options.zero_output_for_mask = options.return_sequences;  // as in Keras, whatever the layer says
  return LSTM(layer.units(), options).layer();
}

class BidirectionalLayer final : public Layer {
 public:
  BidirectionalLayer(const LSTM& layer, MergeMode merge)
      : forward_(direction(layer, false)), backward_(direction(layer, true)), merge_(merge), sequences_(layer.options().return_sequences) {}

  std::string type() const override { return "Bidirectional"; }

  std::vector<std::pair<std::string, std::shared_ptr<Layer>>> inner_layers() const override {
    return {{"forward", forward_}, {"backward", backward_}};
  }

  std::vector<Value> call(CallContext& context, std::span<const Value> inputs) override {
    LAMINA_CHECK(inputs.size() == 1 || inputs.size() == 5, "[Bidirectional] is called on {x} or {x, h, c, h, c}, got ", inputs.size(),
                 " inputs");
    std::vector<Value> forward_inputs = {inputs[0]}, backward_inputs = {inputs[0]};
    if (inputs.size() == 5) {
      forward_inputs.insert(forward_inputs.end(), inputs.begin() + 1, inputs.begin() + 3);
      backward_inputs.insert(backward_inputs.end(), inputs.begin() + 3, inputs.begin() + 5);
    }
    const std::vector<Value> forward = forward_->apply(context, forward_inputs);
    const std::vector<Value> backward = backward_->apply(context, backward_inputs);
    const Value back = sequences_ ? reverse(backward[0], 1) : backward[0];
    std::vector<Value> outputs = merged(forward[0], back);
    outputs.insert(outputs.end(), forward.begin() + 1, forward.end());
    outputs.insert(outputs.end(), backward.begin() + 1, backward.end());
    return outputs;
  }

  std::vector<Value> masks(CallContext& context, std::span<const Value> inputs, std::span<const Value> outputs) override {
    std::vector<Value> masks(outputs.size());
    if (sequences_) {
      masks[0] = context.mask_of(inputs[0]);
      if (merge_ == MergeMode::none) masks[1] = masks[0];
    }
    return masks;
  }

 private:
  std::vector<Value> merged(const Value& forward, const Value& backward) const {
    switch (merge_) {
      case MergeMode::concat: return {concat({forward, backward}, -1)};
      case MergeMode::sum: return {forward + backward};
      case MergeMode::mul: return {forward * backward};
      case MergeMode::ave: return {(forward + backward) * 0.5};
      case MergeMode::none: break;
    }
    return {forward, backward};
  }

  std::shared_ptr<Layer> forward_, backward_;
  MergeMode merge_;
  bool sequences_;
};

}  // namespace

Bidirectional::Bidirectional(const LSTM& layer, BidirectionalOptions options)
    : LayerHandle(make_layer<BidirectionalLayer>({.name = options.name, .trainable = layer.options().trainable}, layer,
                                                 options.merge_mode)) {}

}  // namespace lamina
