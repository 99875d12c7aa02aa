// SPDX-License-Identifier: Apache-2.0
// In training each element is zeroed with probability `rate` and the rest divided by 1 - rate; otherwise the identity
// (Srivastava et al. 2014). The mask depends on (model seed, layer, step) alone.
#pragma once

#include "layers/layer.h"

namespace lamina {

struct DropoutOptions {
  std::string name = {};
  std::vector<int> shared_axes = {};  // axes along which the mask is the same (1 in Keras' noise_shape)
};

class Dropout : public LayerHandle {
 public:
  explicit Dropout(double rate, DropoutOptions options = {});
};

}  // namespace lamina
