// SPDX-License-Identifier: Apache-2.0
// Layers of several inputs: pointwise with broadcasting, and concatenation.
#pragma once

#include "layers/layer.h"

namespace lamina {

class Add : public LayerHandle {
 public:
  explicit Add(LayerOptions options = {});
};

class Subtract : public LayerHandle {  // of two inputs, the first minus the second
 public:
  explicit Subtract(LayerOptions options = {});
};

class Multiply : public LayerHandle {
 public:
  explicit Multiply(LayerOptions options = {});
};

class Average : public LayerHandle {
 public:
  explicit Average(LayerOptions options = {});
};

class Concatenate : public LayerHandle {
 public:
  explicit Concatenate(int axis = -1, LayerOptions options = {});
};

}  // namespace lamina
