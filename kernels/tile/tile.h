// SPDX-License-Identifier: Apache-2.0
// A tensor repeated as a whole along its axes, as NumPy's tile.
#pragma once

#include <vector>

#include "core/graph/value.h"

namespace lamina {

struct TileAttributes {
  std::vector<int64_t> repeats;  // per axis, not negative
  template <class Visitor>
  void visit(Visitor&& field) {
    field("repeats", repeats);
  }
  friend bool operator==(const TileAttributes&, const TileAttributes&) = default;
};

const OpDef& tile_op();

// y[i] = x[i mod n] along each axis of n elements; one number of repeats per axis; x itself where all are 1. The
// gradient sums the repeats of dy.
Value tile(const Value& x, std::vector<int64_t> repeats);

// A new axis `axis` along which x is repeated `count` times (Keras' RepeatVector with axis 1): a broadcast, so that a
// pointwise reader needs no copy of it.
Value repeat_axis(const Value& x, int axis, const Dim& count);

}  // namespace lamina
