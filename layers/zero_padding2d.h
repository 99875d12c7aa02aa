// SPDX-License-Identifier: Apache-2.0
// A picture (N, H, W, C) with zeros around: (N, top + H + bottom, left + W + right, C).
#pragma once

#include "layers/layer.h"
#include "layers/window_options.h"

namespace lamina {

class ZeroPadding2D : public LayerHandle {
 public:
  // One number for all sides, or {height, width}: as many before as behind.
  explicit ZeroPadding2D(Edges2D padding = 1, LayerOptions options = {});
  // {{top, bottom}, {left, right}}. An array and no Edges2D: C++ could read {{0, 1}, {0, 0}} as a layer to be copied, too.
  explicit ZeroPadding2D(const int64_t (&padding)[2][2], LayerOptions options = {});
};

}  // namespace lamina
