// SPDX-License-Identifier: Apache-2.0
#include "layers/pooling2d.h"

#include "core/base/check.h"
#include "core/graph/reduce.h"
#include "kernels/pool2d/pool2d.h"
#include "layers/function_layer.h"

namespace lamina {
namespace {

std::shared_ptr<Layer> over_pictures(const std::string& name, const char* type, std::function<Value(const Value&)> pool) {
  return make_layer<FunctionLayer>({.name = name}, type, [type, pool](CallContext&, std::span<const Value> inputs) {
    LAMINA_CHECK(inputs.size() == 1, "[", type, "] takes one input, got ", inputs.size());
    LAMINA_CHECK(inputs[0].shape().rank() == 4, "[", type, "] takes (batch, height, width, channels), got ", inputs[0].shape());
    return std::vector<Value>{pool(inputs[0])};
  });
}

std::shared_ptr<Layer> windowed(const char* type, const Pair& size, const Pooling2DOptions& options,
                                Value (*pool)(const Value&, const Window&)) {
  const Window window = window_of(type, size, options.strides.value_or(size), 1, options.padding);
  return over_pictures(options.name, type, [window, pool](const Value& x) { return pool(x, window); });
}

std::shared_ptr<Layer> global(const char* type, const GlobalPooling2DOptions& options, Value (*reduce)(const Value&, std::vector<int>, bool)) {
  return over_pictures(options.name, type, [reduce, keep = options.keepdims](const Value& x) { return reduce(x, {1, 2}, keep); });
}

}  // namespace

MaxPooling2D::MaxPooling2D(Pair pool_size, Pooling2DOptions options)
    : LayerHandle(windowed("MaxPooling2D", pool_size, options, max_pool2d)) {}

AveragePooling2D::AveragePooling2D(Pair pool_size, Pooling2DOptions options)
    : LayerHandle(windowed("AveragePooling2D", pool_size, options, average_pool2d)) {}

GlobalMaxPooling2D::GlobalMaxPooling2D(GlobalPooling2DOptions options) : LayerHandle(global("GlobalMaxPooling2D", options, max)) {}

GlobalAveragePooling2D::GlobalAveragePooling2D(GlobalPooling2DOptions options)
    : LayerHandle(global("GlobalAveragePooling2D", options, mean)) {}

}  // namespace lamina
