// SPDX-License-Identifier: Apache-2.0
// Parts of a tensor, every step-th element along some axes, and their adjoint: `unslice` sets a tensor into zeros.
// Both are copies, linear, and each is the other's gradient.
#pragma once

#include <vector>

#include "core/graph/value.h"

namespace lamina {

// The elements begin, begin + step, ..., `length` of them, along each axis; one entry per axis.
struct SliceAttributes {
  Shape begin;
  Shape length;
  std::vector<int64_t> step;  // not 0; negative runs backwards
  template <class Visitor>
  void visit(Visitor&& field) {
    field("begin", begin), field("length", length), field("step", step);
  }
  friend bool operator==(const SliceAttributes&, const SliceAttributes&) = default;
};

struct UnsliceAttributes {
  Shape shape;  // of the result
  Shape begin;  // as in the slice that this undoes
  std::vector<int64_t> step;
  template <class Visitor>
  void visit(Visitor&& field) {
    field("shape", shape), field("begin", begin), field("step", step);
  }
  friend bool operator==(const UnsliceAttributes&, const UnsliceAttributes&) = default;
};

const OpDef& slice_op();
const OpDef& unslice_op();

// x[begin:end:step] along `axis`, as in Python: begin is taken, end is not; a bound counts from the end where it is a
// negative number, or a number minus the axis' symbolic length (a reversal that takes element 0 ends at -1 - length).
// Bounds beyond the axis are cut where its length is a number; with a symbolic length they are errors once it is known.
Value slice(const Value& x, int axis, const Dim& begin, const Dim& end, int64_t step = 1);

Value reverse(const Value& x, int axis);

// Several axes at once: one entry per axis of x, without Python's reading of negative numbers.
Value slice_axes(const Value& x, const Shape& begin, const Shape& length, std::vector<int64_t> step);

// Zeros of `shape` in which y[begin + i * step] = x[i] along every axis.
Value unslice(const Value& x, const Shape& shape, const Shape& begin, std::vector<int64_t> step);

}  // namespace lamina
