// SPDX-License-Identifier: Apache-2.0
// What transpose, slice, concat and tile are at heart: a copy between two strided views of the same lengths. Plain
// data, made in prepare(); cpu::run_copy runs it on the host, run_copy of strided_copy.cuh on sim and cuda.
#pragma once

#include <functional>

#include "core/op/kernel_impl.h"

namespace lamina {

struct StridedCopy {
  static constexpr int kMaxAxes = 2 * kMaxRank;  // tile splits each axis in two

  struct Axis {
    int64_t length = 1;
    int64_t from = 0;  // strides in elements; may be negative (reversal), from may be 0 (repetition)
    int64_t to = 0;
  };

  int32_t rank = 0;
  int32_t element_bytes = 4;
  Axis axes[kMaxAxes] = {};  // outermost first, in the order of the written tensor
  int64_t from_offset = 0;   // of the first element, in elements
  int64_t to_offset = 0;

  // Appends an inner axis, or lets it join the one before where both sides step evenly over the two.
  void add_axis(int64_t length, int64_t from, int64_t to);
  int64_t count() const;
};

// The same copy in elements of up to `max_bytes` bytes where rows, strides and offsets of both sides allow: the ends of
// the views must be aligned to that, as all tensors of a plan are.
StridedCopy widened(StridedCopy copy, int max_bytes);

// Runs `copy` in pieces of at most `limit` elements, along its outer axes: kernels count in 31 bits.
void in_pieces(const StridedCopy& copy, int64_t limit, const std::function<void(const StridedCopy&)>& run);

// For ops that only move bytes: any type but f64.
Verdict accepts_moving(const KernelQuery& query);

namespace cpu {

void run_copy(const StridedCopy& copy, const void* from, void* to);
void launch_copy(KernelContext& context);  // input 0 to output 0; the state is a StridedCopy

}  // namespace cpu
}  // namespace lamina
