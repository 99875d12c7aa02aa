// SPDX-License-Identifier: Apache-2.0
// y = activation(conv2d(x, kernel) + bias) over pictures x (batch, height, width, channels), kernel (KH, KW, channels, filters).
#pragma once

#include "layers/activations.h"
#include "layers/layer.h"
#include "layers/pairs.h"

namespace lamina {

struct Conv2DOptions {
  std::string name = {};
  Pair strides = 1;
  Padding2D padding = "valid";
  Pair dilation_rate = 1;
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
  Conv2D(int64_t filters, Pair kernel_size, Conv2DOptions options = {});
};

}  // namespace lamina
