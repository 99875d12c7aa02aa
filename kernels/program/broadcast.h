// SPDX-License-Identifier: Apache-2.0
// Where the operands of a broadcast lie: the axes of a domain, neighbours merged where every operand allows, with a
// stride per operand (0 where it repeats). Plain data: kernels take it by value.
#pragma once

#include <span>
#include <vector>

#include "core/base/extents.h"

namespace lamina {

struct BroadcastAxis {
  int64_t length = 1;
  int64_t strides[16] = {};  // per operand, in elements
};

struct BroadcastIndex {
  static constexpr int kMaxOperands = 16;

  int32_t rank = 0;
  int32_t operands = 0;
  BroadcastAxis axes[kMaxRank] = {};

  int64_t count() const {
    int64_t product = 1;
    for (int axis = 0; axis < rank; ++axis) product *= axes[axis].length;
    return product;
  }

  // The offset of operand `which` at row-major position `index` of the domain.
  constexpr int64_t offset(int64_t index, int which) const {
    int64_t offset = 0;
    for (int axis = rank - 1; axis >= 0; --axis) {
      const int64_t length = axes[axis].length;
      const int64_t quotient = axis ? index / length : 0;
      offset += (index - quotient * length) * axes[axis].strides[which];
      index = quotient;
    }
    return offset;
  }
};

// Operands broadcast to `domain` by NumPy's rule. `axes` picks the axes of the domain that count, in order (all where
// not given): a reduction indexes its kept and its reduced axes apart.
BroadcastIndex broadcast_index(const Extents& domain, std::span<const Extents> operands);
BroadcastIndex broadcast_index(const Extents& domain, std::span<const Extents> operands, std::span<const int> axes);

}  // namespace lamina
