// SPDX-License-Identifier: Apache-2.0
// The same tensor in another layout. Only assign_layouts makes these nodes; the shape and type do not change.
#pragma once

#include "core/graph/value.h"
#include "core/tensor/layout.h"

namespace lamina {

inline std::ostream& operator<<(std::ostream& out, const Layout& layout) { return out << to_string(layout); }

struct ReorderAttributes {
  Layout from;
  Layout to;
  template <class Visitor>
  void visit(Visitor&& field) {
    field("from", from), field("to", to);
  }
  friend bool operator==(const ReorderAttributes&, const ReorderAttributes&) = default;
};

const OpDef& reorder_op();

}  // namespace lamina
