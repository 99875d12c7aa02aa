// SPDX-License-Identifier: Apache-2.0
// Where the elements of a tensor lie in a row-major or blocked layout. In memory a blocked tensor is row-major over its
// axes in order, with the blocked axis counted in blocks, and then over the elements of a block: axis 3 of (N, H, W, C)
// blocked by 8 lies as (N, H, W, ceil(C / 8), 8), axis 1 of (N, C, H, W) as (N, ceil(C / 8), H, W, 8).
#pragma once

#include "core/op/kernel_impl.h"

namespace lamina {

struct LayoutIndex {
  int32_t rank = 0;
  int32_t block_axis = -1;  // or none
  int64_t block = 1;
  int64_t strides[kMaxRank] = {};  // of an axis; of the blocks of the blocked one
};

struct Reorder {
  Extents extents;  // of the tensor, axes that neither layout splits being merged
  LayoutIndex from, to;
  int64_t padded_count = 0;  // elements of `to` in memory

  // The element of memory `from` that belongs at `place` of memory `to`, or -1 where that is a padded lane.
  constexpr int64_t source(int64_t place) const {
    int64_t offset = 0;
    int64_t lane = 0;
    if (to.block_axis >= 0) {
      lane = place % to.block;
      place /= to.block;
    }
    for (int axis = to.rank - 1; axis >= 0; --axis) {
      const bool split = axis == to.block_axis;
      const int64_t length = split ? (extents[axis] + to.block - 1) / to.block : extents[axis];
      int64_t at = place % length;
      place /= length;
      if (split) at = at * to.block + lane;
      if (at >= extents[axis]) return -1;
      offset +=
          axis == from.block_axis ? at / from.block * from.strides[axis] + at % from.block : at * from.strides[axis];
    }
    return offset;
  }
};

Reorder make_reorder(const Extents& extents, const Layout& from, const Layout& to);
Verdict accepts_reorder(const KernelQuery& query);  // row-major and blocked, not opaque

}  // namespace lamina
