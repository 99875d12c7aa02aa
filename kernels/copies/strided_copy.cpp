// SPDX-License-Identifier: Apache-2.0
#include "kernels/copies/strided_copy.h"

#include <algorithm>

#include "core/base/check.h"

namespace lamina {

void StridedCopy::add_axis(int64_t length, int64_t from, int64_t to) {
  if (length == 1) return;
  if (rank > 0) {
    Axis& outer = axes[rank - 1];
    if (outer.from == from * length && outer.to == to * length) {
      outer = {outer.length * length, from, to};
      return;
    }
  }
  LAMINA_ASSERT(rank < kMaxAxes);
  axes[rank++] = {length, from, to};
}

int64_t StridedCopy::count() const {
  int64_t product = 1;
  for (int axis = 0; axis < rank; ++axis) product *= axes[axis].length;
  return product;
}

StridedCopy widened(StridedCopy copy, int max_bytes) {
  if (copy.rank == 0) return copy;
  StridedCopy::Axis& inner = copy.axes[copy.rank - 1];
  if (inner.from != 1 || inner.to != 1) return copy;
  const auto even = [&] {
    bool all = copy.from_offset % 2 == 0 && copy.to_offset % 2 == 0 && inner.length % 2 == 0;
    for (int axis = 0; axis + 1 < copy.rank; ++axis)
      all = all && copy.axes[axis].from % 2 == 0 && copy.axes[axis].to % 2 == 0;
    return all;
  };
  while (2 * copy.element_bytes <= max_bytes && even()) {
    copy.element_bytes *= 2;
    copy.from_offset /= 2;
    copy.to_offset /= 2;
    inner.length /= 2;
    for (int axis = 0; axis + 1 < copy.rank; ++axis) copy.axes[axis].from /= 2, copy.axes[axis].to /= 2;
  }
  return copy;
}

void in_pieces(const StridedCopy& copy, int64_t limit, const std::function<void(const StridedCopy&)>& run) {
  const int64_t count = copy.count();
  if (count <= limit) return run(copy);
  const StridedCopy::Axis outer = copy.axes[0];
  const int64_t rows = std::max<int64_t>(limit / (count / outer.length), 1);
  for (int64_t first = 0; first < outer.length; first += rows) {
    StridedCopy piece = copy;
    piece.from_offset += first * outer.from;
    piece.to_offset += first * outer.to;
    piece.axes[0].length = std::min(rows, outer.length - first);
    if (rows == 1) {  // the rest may still be too large, so the next axis becomes the outer one
      std::copy(copy.axes + 1, copy.axes + copy.rank, piece.axes);
      --piece.rank;
    }
    in_pieces(piece, limit, run);
  }
}

Verdict accepts_moving(const KernelQuery& query) {
  return query.outputs[0].dtype == DType::f64 ? Verdict::no("f64 is for the reference on cpu") : Verdict::yes();
}

}  // namespace lamina
