// SPDX-License-Identifier: Apache-2.0
// A picture (N, H, W, C) with each row and column repeated: (N, H * size.height, W * size.width, C).
#pragma once

#include "layers/layer.h"
#include "layers/window_options.h"

namespace lamina {

struct UpSampling2DOptions {
  std::string name = {};
  std::string interpolation = "nearest";  // there is no other; anything else throws
  std::optional<DType> compute_type = {};
};

class UpSampling2D : public LayerHandle {
 public:
  explicit UpSampling2D(Size2D size = 2, UpSampling2DOptions options = {});
};

}  // namespace lamina
