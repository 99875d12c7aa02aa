// SPDX-License-Identifier: Apache-2.0
#include "layers/picture_layer.h"

#include "core/base/check.h"
#include "layers/function_layer.h"

namespace lamina {

void check_one_picture(const char* layer, std::span<const TensorType> inputs) {
  LAMINA_CHECK(inputs.size() == 1, "[", layer, "] takes one input, got ", inputs.size());
  LAMINA_CHECK(inputs[0].shape.rank() == 4, "[", layer, "] takes (batch, height, width, channels), got ", inputs[0].shape);
}

void check_one_picture(const char* layer, std::span<const Value> inputs) {
  check_one_picture(layer, types_of(inputs));
}

std::shared_ptr<Layer> picture_layer(const LayerOptions& options, const char* type,
                                     std::function<Value(const Value& x)> function) {
  return make_layer<FunctionLayer>(options, type,
                                   [type, function = std::move(function)](CallContext&, std::span<const Value> inputs) {
                                     check_one_picture(type, inputs);
                                     return std::vector<Value>{function(inputs[0])};
                                   });
}

}  // namespace lamina
