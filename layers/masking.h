// SPDX-License-Identifier: Apache-2.0
// Steps of x[batch, time, features] in which every feature is `mask_value` are skipped by the layers behind, and zero.
#pragma once

#include "layers/layer.h"

namespace lamina {

class Masking : public LayerHandle {
 public:
  explicit Masking(double mask_value = 0, LayerOptions options = {});
};

}  // namespace lamina
