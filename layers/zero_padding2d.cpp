// SPDX-License-Identifier: Apache-2.0
#include "layers/zero_padding2d.h"

#include "kernels/pad/pad.h"
#include "layers/picture_layer.h"

namespace lamina {

ZeroPadding2D::ZeroPadding2D(Edges2D padding, LayerOptions options)
    : LayerHandle(picture_layer(options, "ZeroPadding2D", [padding](const Value& x) {
        return pad(x, {{0, 0}, padding.height, padding.width, {0, 0}});
      })) {
  check_not_negative("ZeroPadding2D", "padding", padding);
}

ZeroPadding2D::ZeroPadding2D(const int64_t (&padding)[2][2], LayerOptions options)
    : ZeroPadding2D(Edges2D({padding[0][0], padding[0][1]}, {padding[1][0], padding[1][1]}), std::move(options)) {}

}  // namespace lamina
