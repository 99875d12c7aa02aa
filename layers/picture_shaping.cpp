// SPDX-License-Identifier: Apache-2.0
#include "layers/picture_shaping.h"

#include "core/base/check.h"
#include "core/graph/reshape.h"
#include "kernels/pad/pad.h"
#include "kernels/tile/tile.h"
#include "layers/function_layer.h"

namespace lamina {
namespace {

std::shared_ptr<Layer> over_pictures(const LayerOptions& options, const char* type, std::function<Value(const Value&)> shape) {
  return make_layer<FunctionLayer>(options, type, [type, shape](CallContext&, std::span<const Value> inputs) {
    LAMINA_CHECK(inputs.size() == 1, "[", type, "] takes one input, got ", inputs.size());
    LAMINA_CHECK(inputs[0].shape().rank() == 4, "[", type, "] takes (batch, height, width, channels), got ", inputs[0].shape());
    return std::vector<Value>{shape(inputs[0])};
  });
}

// (N, H, 1, W, 1, C) repeated along the axes of length one, seen as (N, H * rows, W * columns, C).
Value upsampled(const Value& x, int64_t rows, int64_t columns) {
  const Shape& from = x.shape();
  const Value apart = reshape(x, Shape{from[0], from[1], 1, from[2], 1, from[3]});
  return reshape(tile(apart, {1, 1, rows, 1, columns, 1}), Shape{from[0], from[1] * Dim(rows), from[2] * Dim(columns), from[3]});
}

}  // namespace

UpSampling2D::UpSampling2D(Pair size, UpSampling2DOptions options)
    : LayerHandle(over_pictures({.name = options.name}, "UpSampling2D",
                                [size](const Value& x) { return upsampled(x, size.values()[0], size.values()[1]); })) {
  LAMINA_CHECK(size.values()[0] >= 1 && size.values()[1] >= 1, "[UpSampling2D] size must be at least 1, got (", size.values()[0], ", ",
               size.values()[1], ")");
  LAMINA_CHECK(options.interpolation == "nearest", "[UpSampling2D] interpolation can be 'nearest' alone, got '", options.interpolation, "'");
}

ZeroPadding2D::ZeroPadding2D(Margins padding, ZeroPadding2DOptions options)
    : LayerHandle(over_pictures({.name = options.name}, "ZeroPadding2D", [padding](const Value& x) {
        return pad(x, {{0, 0}, padding.rows(), padding.columns(), {0, 0}});
      })) {
  const auto& [top, bottom] = padding.rows();
  const auto& [left, right] = padding.columns();
  LAMINA_CHECK(top >= 0 && bottom >= 0 && left >= 0 && right >= 0, "[ZeroPadding2D] margins must not be negative, got ((", top, ", ", bottom,
               "), (", left, ", ", right, "))");
}

}  // namespace lamina
