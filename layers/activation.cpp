// SPDX-License-Identifier: Apache-2.0
#include "layers/activation.h"

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "kernels/softmax/softmax.h"
#include "layers/function_layer.h"

namespace lamina {
namespace {

std::shared_ptr<Layer> of_one(const LayerOptions& options, const char* type, std::function<Value(const Value&)> function) {
  return make_layer<FunctionLayer>(
      options, type,
      [type, function](CallContext&, std::span<const Value> inputs) {
        LAMINA_CHECK(inputs.size() == 1, "[", type, "] takes one input, got ", inputs.size());
        return std::vector<Value>{function(inputs[0])};
      },
      true);
}

}  // namespace

Activation::Activation(ActivationFunction function, LayerOptions options)
    : LayerHandle(of_one(options, "Activation", [function](const Value& x) { return function(x); })) {}

LeakyReLU::LeakyReLU(double negative_slope, LayerOptions options)
    : LayerHandle(of_one(options, "LeakyReLU", [negative_slope](const Value& x) { return leaky_relu(x, negative_slope); })) {
  LAMINA_CHECK(negative_slope >= 0, "[LeakyReLU] negative_slope must not be negative, got ", negative_slope);
}

Softmax::Softmax(int axis, LayerOptions options)
    : LayerHandle(of_one(options, "Softmax", [axis](const Value& x) { return softmax(x, axis); })) {}

}  // namespace lamina
