// SPDX-License-Identifier: Apache-2.0
// A tensor with more elements of one value before and behind, along each axis.
#pragma once

#include <utility>
#include <vector>

#include "core/graph/value.h"

namespace lamina {

struct PadAttributes {
  std::vector<int64_t> before;  // per axis, not negative
  std::vector<int64_t> behind;
  double value = 0;
  template <class Visitor>
  void visit(Visitor&& field) {
    field("before", before), field("behind", behind), field("value", value);
  }
  friend bool operator==(const PadAttributes&, const PadAttributes&) = default;
};

const OpDef& pad_op();

// `amounts` holds (before, behind) for each axis of x; x itself where all are 0. The value must be one that the type of
// x can hold. Its gradient is the part of dy that lies over x.
Value pad(const Value& x, const std::vector<std::pair<int64_t, int64_t>>& amounts, double value = 0);

}  // namespace lamina
