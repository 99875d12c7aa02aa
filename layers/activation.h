// SPDX-License-Identifier: Apache-2.0
// Activation functions as layers of their own.
#pragma once

#include "layers/activations.h"
#include "layers/layer.h"

namespace lamina {

class Activation : public LayerHandle {
 public:
  explicit Activation(ActivationFunction function, LayerOptions options = {});
};

// max(x, 0) + negative_slope * min(x, 0). Keras 3's default slope is 0.3.
class LeakyReLU : public LayerHandle {
 public:
  explicit LeakyReLU(double negative_slope = 0.3, LayerOptions options = {});
};

class Softmax : public LayerHandle {
 public:
  explicit Softmax(int axis = -1, LayerOptions options = {});
};

}  // namespace lamina
