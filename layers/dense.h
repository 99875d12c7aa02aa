// SPDX-License-Identifier: Apache-2.0
// y[..., units] = activation(x[..., D] kernel[D, units] + bias[units]).
#pragma once

#include "layers/activations.h"
#include "layers/layer.h"

namespace lamina {

struct DenseOptions {
  std::string name = {};
  ActivationFunction activation = "linear";
  bool use_bias = true;
  Initializer kernel_initializer = glorot_uniform();
  Initializer bias_initializer = zeros();
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  bool trainable = true;
  std::optional<DType> compute_type = {};
};

class Dense : public LayerHandle {
 public:
  explicit Dense(int64_t units, DenseOptions options = {});
};

}  // namespace lamina
