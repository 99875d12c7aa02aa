// SPDX-License-Identifier: Apache-2.0
// Tensors behind one another along an axis.
#pragma once

#include <vector>

#include "core/graph/value.h"

namespace lamina {

struct ConcatAttributes {
  int axis = 0;  // counted from the front
  template <class Visitor>
  void visit(Visitor&& field) {
    field("axis", axis);
  }
  friend bool operator==(const ConcatAttributes&, const ConcatAttributes&) = default;
};

const OpDef& concat_op();

// One or more parts of one type whose other dimensions are equal; those along `axis` add up. One part alone is returned
// as it is. The gradients are the slices of dy.
Value concat(const std::vector<Value>& parts, int axis);

// Parts of one shape as the places of a new axis, which is axis `axis` of the result.
Value stack(const std::vector<Value>& parts, int axis = 0);

}  // namespace lamina
