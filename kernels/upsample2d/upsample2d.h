// SPDX-License-Identifier: Apache-2.0
// Nearest-neighbour upsampling of x (N, H, W, C) by whole factors: y (N, H*rows, W*columns, C) with
// y[n, p, q, c] = x[n, p / rows, q / columns, c].
#pragma once

#include "core/graph/value.h"

namespace lamina {

struct Upsample2dAttributes {
  int64_t rows = 1;  // how often each row of x is repeated, at least once
  int64_t columns = 1;
  Shape shape;  // of x, for the gradient
  template <class Visitor>
  void visit(Visitor&& field) {
    field("rows", rows), field("columns", columns), field("shape", shape);
  }
  friend bool operator==(const Upsample2dAttributes&, const Upsample2dAttributes&) = default;
};

const OpDef& upsample2d_op();
const OpDef& upsample2d_grad_op();  // dy -> dx: the sum over each block of rows x columns, in f32 (f64 for f64)

// Any type; the gradient is of floats. x itself where both factors are 1.
Value upsample2d(const Value& x, int64_t rows, int64_t columns);

}  // namespace lamina
