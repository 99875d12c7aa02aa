// SPDX-License-Identifier: Apache-2.0
// Inverted dropout: y = x / (1 - rate) where an element is kept, with probability 1 - rate, else 0.
//
// What is kept is a pure function of (seed, stream, step, element) by Philox, equal bit by bit on all devices and for any
// number of threads. No mask is stored: the gradient is the same op on dy, which draws the same numbers again.
#pragma once

#include <cstdint>
#include <vector>

#include "core/graph/value.h"

namespace lamina {

struct DropoutAttributes {
  double rate = 0;
  uint64_t seed = 0;
  uint32_t stream = 0;
  std::vector<int> shared_axes;  // sorted, counted from the front
  template <class Visitor>
  void visit(Visitor&& field) {
    field("rate", rate), field("seed", seed), field("stream", stream), field("shared_axes", shared_axes);
  }
  friend bool operator==(const DropoutAttributes&, const DropoutAttributes&) = default;
};

const OpDef& dropout_op();

// `x` of any floating type. rate in [0, 1); with 0 the result is x itself. `stream` tells apart the dropouts of a model
// that share a seed. `step` is a rank-0 i32 Value, the training step as a graph input: each step draws anew, and a
// resumed run draws what the first would have. Along `shared_axes` all elements share one decision (Keras' noise_shape
// with 1 at these axes); decisions are counted over the remaining axes in row-major order.
Value dropout(const Value& x, double rate, uint64_t seed, uint32_t stream, const Value& step,
              std::vector<int> shared_axes = {});

}  // namespace lamina
