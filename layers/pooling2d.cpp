// SPDX-License-Identifier: Apache-2.0
#include "layers/pooling2d.h"

#include "core/base/check.h"
#include "core/graph/reduce.h"
#include "kernels/pool2d/pool2d.h"
#include "layers/picture_layer.h"

namespace lamina {
namespace {

using Pool = Value (*)(const Value& x, const Window& window);

std::shared_ptr<Layer> pooling(const char* type, Pool pool, const Size2D& pool_size, const Pooling2DOptions& options) {
  LAMINA_CHECK(!options.padding.amounts, "[", type, "] padding: expected valid or same, got ", *options.padding.amounts,
               "; put a ZeroPadding2D before the layer");
  const WindowOptions given{type, "pool_size", pool_size, options.strides.value_or(pool_size), options.padding};
  return picture_layer({.name = options.name, .compute_type = options.compute_type}, type,
                       [pool, given, window = window_of(given)](const Value& x) {
                         check_reach(given, x.shape());
                         return pool(x, window);
                       });
}

using Reduce = Value (*)(const Value& x, std::vector<int> axes, bool keep_dims);

std::shared_ptr<Layer> global_pooling(const char* type, Reduce reduce, const GlobalPooling2DOptions& options) {
  return picture_layer({.name = options.name, .compute_type = options.compute_type}, type,
                       [reduce, keepdims = options.keepdims](const Value& x) {
                         return reduce(x, {1, 2}, keepdims);
                       });
}

}  // namespace

MaxPooling2D::MaxPooling2D(Size2D pool_size, Pooling2DOptions options)
    : LayerHandle(pooling("MaxPooling2D", max_pool2d, pool_size, options)) {}

AveragePooling2D::AveragePooling2D(Size2D pool_size, Pooling2DOptions options)
    : LayerHandle(pooling("AveragePooling2D", average_pool2d, pool_size, options)) {}

GlobalMaxPooling2D::GlobalMaxPooling2D(GlobalPooling2DOptions options)
    : LayerHandle(global_pooling("GlobalMaxPooling2D", max, options)) {}

GlobalAveragePooling2D::GlobalAveragePooling2D(GlobalPooling2DOptions options)
    : LayerHandle(global_pooling("GlobalAveragePooling2D", mean, options)) {}

}  // namespace lamina
