// SPDX-License-Identifier: Apache-2.0
// Matrix products: y[..., M, N] = a[..., M, K] * b[..., K, N], each factor transposed in its last two axes on request.
// Batch axes broadcast; b may also be a plain matrix under a batch of a.
#pragma once

#include "core/graph/value.h"

namespace lamina {

struct MatmulAttributes {
  bool transpose_a = false;
  bool transpose_b = false;
  template <class Visitor>
  void visit(Visitor&& field) {
    field("transpose_a", transpose_a), field("transpose_b", transpose_b);
  }
  friend bool operator==(const MatmulAttributes&, const MatmulAttributes&) = default;
};

const OpDef& matmul_op();

// Both of rank 2 or more and of one floating type; sums run in f32 (f64 for f64).
Value matmul(const Value& a, const Value& b, bool transpose_a = false, bool transpose_b = false);

}  // namespace lamina
