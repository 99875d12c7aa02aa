// SPDX-License-Identifier: Apache-2.0
// The largest or the mean of windows over pictures (batch, height, width, channels), or of whole pictures. Padding takes no
// part. Strides are the size of the window where they are not given.
#pragma once

#include "layers/layer.h"
#include "layers/pairs.h"

namespace lamina {

struct Pooling2DOptions {
  std::string name = {};
  std::optional<Pair> strides = {};
  Padding2D padding = "valid";
};

class MaxPooling2D : public LayerHandle {
 public:
  explicit MaxPooling2D(Pair pool_size = 2, Pooling2DOptions options = {});
};

class AveragePooling2D : public LayerHandle {
 public:
  explicit AveragePooling2D(Pair pool_size = 2, Pooling2DOptions options = {});
};

struct GlobalPooling2DOptions {
  std::string name = {};
  bool keepdims = false;  // (batch, 1, 1, channels) instead of (batch, channels)
};

class GlobalMaxPooling2D : public LayerHandle {
 public:
  explicit GlobalMaxPooling2D(GlobalPooling2DOptions options = {});
};

class GlobalAveragePooling2D : public LayerHandle {
 public:
  explicit GlobalAveragePooling2D(GlobalPooling2DOptions options = {});
};

}  // namespace lamina
