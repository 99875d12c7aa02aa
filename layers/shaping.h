// SPDX-License-Identifier: Apache-2.0
// Layers that move elements without computing. Shapes and axes do not count the batch axis; Permute counts from 1.
#pragma once

#include "layers/layer.h"

namespace lamina {

class Flatten : public LayerHandle {
 public:
  explicit Flatten(LayerOptions options = {});
};

class Reshape : public LayerHandle {  // one dimension may be -1
 public:
  explicit Reshape(Shape target, LayerOptions options = {});
};

class Permute : public LayerHandle {
 public:
  explicit Permute(std::vector<int> order, LayerOptions options = {});
};

class RepeatVector : public LayerHandle {  // (batch, features) -> (batch, times, features)
 public:
  explicit RepeatVector(int64_t times, LayerOptions options = {});
};

}  // namespace lamina
