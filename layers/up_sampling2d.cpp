// SPDX-License-Identifier: Apache-2.0
#include "layers/up_sampling2d.h"

#include "core/base/check.h"
#include "kernels/upsample2d/upsample2d.h"
#include "layers/picture_layer.h"

namespace lamina {

UpSampling2D::UpSampling2D(Size2D size, UpSampling2DOptions options)
    : LayerHandle(picture_layer({.name = options.name, .compute_type = options.compute_type}, "UpSampling2D",
                                [size](const Value& x) { return upsample2d(x, size.height, size.width); })) {
  check_positive("UpSampling2D", "size", size);
  LAMINA_CHECK(options.interpolation == "nearest", "[UpSampling2D] interpolation: expected nearest, got '", options.interpolation,
               "'");
}

}  // namespace lamina
