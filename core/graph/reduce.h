// SPDX-License-Identifier: Apache-2.0
// The reduce op: sum, mean, max, min and argmax over any axes, of a program of its inputs (the identity unless
// fuse_pointwise put one there). Sums and means of 16-bit floats are accumulated in f32.
#pragma once

#include <vector>

#include "core/graph/pointwise.h"

namespace lamina {

enum class ReduceKind : uint8_t { sum, mean, max, min, argmax };
std::string_view name_of(ReduceKind kind);

struct ReduceAttributes {
  ReduceKind kind = ReduceKind::sum;
  std::vector<int> axes;     // sorted, counted from the front
  bool keep_dims = false;
  Program program = Program::identity();
  DType compute = DType::f32;
  DType output_type = DType::f32;
  Shape shape;               // the program's inputs broadcast to at least this before the reduction
  template <class Visitor>
  void visit(Visitor&& field) {
    field("kind", kind), field("axes", axes), field("keep_dims", keep_dims), field("program", program);
    field("compute", compute), field("shape", shape);
  }
  friend bool operator==(const ReduceAttributes&, const ReduceAttributes&) = default;
};

const OpDef& reduce_op();

// All axes where none are given. mean of whole numbers is f32; argmax takes exactly one axis and gives i32 (the first
// of equal values).
Value sum(const Value& x, std::vector<int> axes = {}, bool keep_dims = false);
Value mean(const Value& x, std::vector<int> axes = {}, bool keep_dims = false);
Value max(const Value& x, std::vector<int> axes = {}, bool keep_dims = false);
Value min(const Value& x, std::vector<int> axes = {}, bool keep_dims = false);
Value argmax(const Value& x, int axis = -1, bool keep_dims = false);

// The adjoint of broadcasting: sums `x` over the axes along which `shape` was broadcast to x's shape.
Value sum_to(const Value& x, const Shape& shape);

// The shape over which a reduce node runs, before the reduction.
Shape reduced_domain(const ReduceAttributes& attributes, std::span<const TensorType> inputs);

}  // namespace lamina
