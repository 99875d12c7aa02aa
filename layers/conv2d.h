// SPDX-License-Identifier: Apache-2.0
// y (N, OH, OW, filters) = activation(x (N, H, W, C) convolved with kernel (KH, KW, C, filters) + bias (filters)).
#pragma once

#include "layers/activations.h"
#include "layers/layer.h"
#include "layers/window_options.h"

namespace lamina {

struct Conv2DOptions {
  std::string name = {};
  Size2D strides = 1;
  Padding2D padding = "valid";  // {{1, 0}, {1, 0}} is darknet's for 3x3 kernels of stride 2
  Size2D dilation_rate = 1;
  ActivationFunction activation = "linear";
  bool use_bias = true;
  Initializer kernel_initializer = glorot_uniform();
  Initializer bias_initializer = zeros();
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  bool trainable = true;
  std::optional<DType> compute_type = {};
};

class Conv2D : public LayerHandle {
 public:
  Conv2D(int64_t filters, Size2D kernel_size, Conv2DOptions options = {});
};

}  // namespace lamina
