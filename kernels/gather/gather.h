// SPDX-License-Identifier: Apache-2.0
// Rows of a table by their numbers (an embedding), the adjoint of that, and what is made of equal numbers: one_hot and
// gather_along.
#pragma once

#include "core/graph/value.h"

namespace lamina {

struct GatherAttributes {
  template <class Visitor>
  void visit(Visitor&&) {}
  friend bool operator==(const GatherAttributes&, const GatherAttributes&) = default;
};

struct GatherGradAttributes {
  Shape table;  // of the result
  template <class Visitor>
  void visit(Visitor&& field) {
    field("table", table);
  }
  friend bool operator==(const GatherGradAttributes&, const GatherGradAttributes&) = default;
};

const OpDef& gather_op();
const OpDef& gather_grad_op();

// y[i..., d...] = table[indices[i...], d...]: table of shape (V, D...), indices i32 of any shape. An index outside of
// [0, V) ends the step: on cpu with an Error that names it, on sim and cuda with a fault of the kernel.
Value gather(const Value& table, const Value& indices);

// The sum of the rows dy[i...] over all i with indices[i...] == v, for each row v of `table`; zeros where there is
// none. Rows are added in the order of the indices, so that the sum is the same in every run.
Value gather_grad(const Value& dy, const Value& indices, const Shape& table);

// 0, 1, ..., count - 1.
Value range(int64_t count, DType dtype = DType::i32);

// A last axis of `classes` numbers: 1 at the place that the index names, else 0 (0 everywhere for an index outside).
Value one_hot(const Value& indices, int64_t classes, DType dtype = DType::f32);

// One element of x per line along `axis`: y[i..., k...] = x[i..., indices[i..., k...], k...], where indices has the
// shape of x without that axis. The length of the axis must be a number. Zero for an index outside.
Value gather_along(const Value& x, const Value& indices, int axis = -1);

}  // namespace lamina
