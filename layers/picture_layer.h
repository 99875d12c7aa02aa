// SPDX-License-Identifier: Apache-2.0
// Layers of one input, a picture (batch, height, width, channels): their checks, and those without weights.
#pragma once

#include <functional>

#include "layers/layer.h"

namespace lamina {

// Throws, naming the layer, unless there is one input, of four axes.
void check_one_picture(const char* layer, std::span<const TensorType> inputs);
void check_one_picture(const char* layer, std::span<const Value> inputs);

// A layer of the given type that is `function` of the picture.
std::shared_ptr<Layer> picture_layer(const LayerOptions& options, const char* type, std::function<Value(const Value& x)> function);

}  // namespace lamina
