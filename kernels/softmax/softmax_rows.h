// SPDX-License-Identifier: Apache-2.0
// A tensor seen as the rows along one axis: row r begins at offset(r), and its elements lie `stride` apart. Plain data:
// kernels take it by value.
#pragma once

#include "core/op/kernel_impl.h"
#include "kernels/softmax/softmax.h"

namespace lamina {

struct SoftmaxRows {
  int64_t rows = 0;    // product of the other axes
  int64_t length = 0;  // of the axis
  int64_t stride = 1;  // product of the axes behind it

  constexpr int64_t offset(int64_t row) const { return row / stride * (length * stride) + row % stride; }
};

inline SoftmaxRows rows_of(const Attributes& attributes, const Extents& extents) {
  const int axis = attributes.get<SoftmaxAttributes>().axis;
  SoftmaxRows rows;
  rows.length = extents[axis];
  int64_t before = 1;
  for (int i = 0; i < axis; ++i) before *= extents[i];
  for (int i = axis + 1; i < extents.rank(); ++i) rows.stride *= extents[i];
  rows.rows = before * rows.stride;
  return rows;
}

}  // namespace lamina
