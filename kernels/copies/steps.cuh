// SPDX-License-Identifier: Apache-2.0
// From the number of an element to its two places in memory, on the device.
#pragma once

#include "core/simt/simt.h"
#include "kernels/copies/divisor.h"
#include "kernels/copies/strided_copy.h"

namespace lamina::SIMT_BACKEND {

// The axes of a StridedCopy as the device steps over them.
struct Steps {
  int rank;
  Divisor length[StridedCopy::kMaxAxes];
  int64_t from[StridedCopy::kMaxAxes];
  int64_t to[StridedCopy::kMaxAxes];

  void add(const StridedCopy::Axis& axis) {
    length[rank] = Divisor(axis.length);
    from[rank] = axis.from;
    to[rank++] = axis.to;
  }
};

struct Offsets {
  int64_t from;
  int64_t to;
};

__device__ inline Offsets offsets_of(const Steps& steps, uint32_t position) {
  Offsets offsets{0, 0};
  for (int axis = steps.rank - 1; axis >= 0; --axis) {
    const uint32_t quotient = steps.length[axis].quotient(position);
    const int64_t place = position - quotient * steps.length[axis].value();
    offsets.from += place * steps.from[axis];
    offsets.to += place * steps.to[axis];
    position = quotient;
  }
  return offsets;
}

}  // namespace lamina::SIMT_BACKEND
