// SPDX-License-Identifier: Apache-2.0
// The axes of a tensor in another order: axis i of the result is axis permutation[i] of x, as in NumPy.
#pragma once

#include <vector>

#include "core/graph/value.h"

namespace lamina {

struct TransposeAttributes {
  std::vector<int> permutation;  // counted from the front
  template <class Visitor>
  void visit(Visitor&& field) {
    field("permutation", permutation);
  }
  friend bool operator==(const TransposeAttributes&, const TransposeAttributes&) = default;
};

const OpDef& transpose_op();

// Each axis of x stands once in `permutation`; negative ones count from the end. Where no axis longer than 1 changes
// its place this is x, or a reshape of it.
Value transpose(const Value& x, std::vector<int> permutation);

}  // namespace lamina
