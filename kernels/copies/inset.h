// SPDX-License-Identifier: Apache-2.0
// What pad and unslice are at heart: a tensor set into a field of one value. Plain data, made in prepare();
// cpu::launch_inset runs it on the host, launch_inset of inset.cuh on sim and cuda.
#pragma once

#include "core/op/kernel_impl.h"

namespace lamina {

// y[first + i * step] = x[i] along every axis, and the value everywhere else.
struct Inset {
  struct Axis {
    int64_t length = 1;  // of y
    int64_t first = 0;
    int64_t step = 1;   // above 0
    int64_t count = 1;  // of x
    int64_t from = 0;   // stride of x in elements; negative where x is set in backwards

    bool is_whole() const { return first == 0 && step == 1 && count == length; }
  };

  int32_t rank = 0;
  int32_t element_bytes = 4;
  Axis axes[kMaxRank] = {};      // outermost first; y is contiguous over them
  int64_t from_offset = 0;       // of the element of x that comes first in y
  unsigned char value[16] = {};  // the value around x, as often as it fits

  // Appends an inner axis, or lets one that x fills wholly join the axis before.
  void add_axis(const Axis& axis);
  int64_t count() const;  // elements of y
};

// `begin` and `step` per axis; a negative step sets x in backwards from begin.
Inset make_inset(const Extents& x, const Extents& y, std::span<const int64_t> begin, std::span<const int64_t> step,
                 DType dtype, double value);

// The same inset in elements of up to `max_bytes` bytes, where rows of both sides allow.
Inset widened(Inset inset, int max_bytes);

namespace cpu {

void launch_inset(KernelContext& context);  // input 0 into output 0; the state is an Inset

}  // namespace cpu
}  // namespace lamina
