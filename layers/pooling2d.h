// SPDX-License-Identifier: Apache-2.0
// The largest element or the mean of each window of a picture (N, H, W, C), or of the whole picture, per channel. Padding takes
// no part in either.
#pragma once

#include "layers/layer.h"
#include "layers/window_options.h"

namespace lamina {

struct Pooling2DOptions {
  std::string name = {};
  OptionalSize2D strides = {};  // pool_size where none are given
  Padding2D padding = "valid";  // or "same"
  std::optional<DType> compute_type = {};
};

class MaxPooling2D : public LayerHandle {
 public:
  explicit MaxPooling2D(Size2D pool_size = 2, Pooling2DOptions options = {});
};

class AveragePooling2D : public LayerHandle {
 public:
  explicit AveragePooling2D(Size2D pool_size, Pooling2DOptions options = {});
};

struct GlobalPooling2DOptions {
  std::string name = {};
  bool keepdims = false;  // (N, 1, 1, C) instead of (N, C)
  std::optional<DType> compute_type = {};
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
