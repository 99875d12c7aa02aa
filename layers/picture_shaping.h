// SPDX-License-Identifier: Apache-2.0
// Layers that make pictures (batch, height, width, channels) larger without computing.
#pragma once

#include "layers/layer.h"
#include "layers/pairs.h"

namespace lamina {

// Each pixel becomes size x size equal ones: nearest-neighbour interpolation, the one there is.
struct UpSampling2DOptions {
  std::string name = {};
  std::string interpolation = "nearest";
};

class UpSampling2D : public LayerHandle {
 public:
  explicit UpSampling2D(Pair size = 2, UpSampling2DOptions options = {});
};

// Zeros around: 1, {1, 2} for height and width, or {{top, bottom}, {left, right}}.
struct ZeroPadding2DOptions {
  std::string name = {};  // alone: with a second field, {{1, 0}, {1, 0}} could mean margins and options as well
};

class ZeroPadding2D : public LayerHandle {
 public:
  explicit ZeroPadding2D(Margins padding = 1, ZeroPadding2DOptions options = {});
};

}  // namespace lamina
