// SPDX-License-Identifier: Apache-2.0
// The shape of a product as kernels take it: one M x N x K problem, repeated over a batch with strides (0 where a factor
// is shared). A batch of a over one matrix b without transposition is folded into M.
#pragma once

#include "core/op/kernel_impl.h"
#include "kernels/matmul/matmul.h"
#include "kernels/program/broadcast.h"

namespace lamina {

struct MatmulGeometry {
  int64_t m = 0, n = 0, k = 0;
  int64_t batch = 1;
  bool transpose_a = false, transpose_b = false;
  int64_t lda = 0, ldb = 0;  // row length in memory of a and b as stored
  BroadcastIndex batches;    // operand 0: a, 1: b, in matrices; multiply by the matrix sizes below
  int64_t a_matrix = 0, b_matrix = 0;  // elements of one matrix

  constexpr int64_t a_offset(int64_t which) const { return batches.offset(which, 0) * a_matrix; }
  constexpr int64_t b_offset(int64_t which) const { return batches.offset(which, 1) * b_matrix; }
};

MatmulGeometry geometry_of(const MatmulAttributes& attributes, const Extents& a, const Extents& b);

}  // namespace lamina
