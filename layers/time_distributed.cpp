// SPDX-License-Identifier: Apache-2.0
#include "layers/time_distributed.h"

#include "core/base/check.h"
#include "core/graph/reshape.h"

namespace lamina {
namespace {

// Batch and time become one axis for the inner layer: one call, whatever the number of steps.
class TimeDistributedLayer final : public Layer {
 public:
  explicit TimeDistributedLayer(std::shared_ptr<Layer> inner) : inner_(std::move(inner)) {}

  std::string type() const override { return "TimeDistributed"; }
  bool supports_masking() const override { return true; }

  std::vector<std::pair<std::string, std::shared_ptr<Layer>>> inner_layers() const override {
    return {{inner_->name.empty() ? default_layer_name(inner_->type()) : inner_->name, inner_}};
  }

  std::vector<Value> call(CallContext& context, std::span<const Value> inputs) override {
    LAMINA_CHECK(inputs.size() == 1, "[TimeDistributed] takes one input, got ", inputs.size());
    const Shape& x = inputs[0].shape();
    LAMINA_CHECK(x.rank() >= 3, "`TimeDistributed` Layer should be passed an `input_shape` with at least 3 dimensions, received: ", x);
    Shape steps{x[0] * x[1]};
    for (int axis = 2; axis < x.rank(); ++axis) steps.push_back(x[axis]);
    const std::vector<Value> flat = {reshape(inputs[0], steps)};
    std::vector<Value> outputs;
    for (const Value& y : inner_->apply(context, flat)) {
      Shape shape{x[0], x[1]};
      for (int axis = 1; axis < y.shape().rank(); ++axis) shape.push_back(y.shape()[axis]);
      outputs.push_back(reshape(y, shape));
    }
    return outputs;
  }

 private:
  std::shared_ptr<Layer> inner_;
};

}  // namespace

TimeDistributed::TimeDistributed(const LayerHandle& layer, LayerOptions options)
    : LayerHandle(make_layer<TimeDistributedLayer>(options, layer.layer())) {}

}  // namespace lamina
