// SPDX-License-Identifier: Apache-2.0
// The same elements under another shape. Costs nothing: the plan gives input and output one slot.
#pragma once

#include "core/graph/value.h"

namespace lamina {

struct ReshapeAttributes {
  Shape shape;
  template <class Visitor>
  void visit(Visitor&& field) {
    field("shape", shape);
  }
  friend bool operator==(const ReshapeAttributes&, const ReshapeAttributes&) = default;
};

const OpDef& reshape_op();

// One dim of `shape` may be -1: what is left. Throws where the counts differ.
Value reshape(const Value& x, const Shape& shape);

}  // namespace lamina
