// SPDX-License-Identifier: Apache-2.0
// A layer applied to every step of x[batch, time, ...] alike.
#pragma once

#include "layers/layer.h"

namespace lamina {

class TimeDistributed : public LayerHandle {
 public:
  explicit TimeDistributed(const LayerHandle& layer, LayerOptions options = {});
};

}  // namespace lamina
