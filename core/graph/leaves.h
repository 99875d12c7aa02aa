// SPDX-License-Identifier: Apache-2.0
// The leaves of a graph: inputs, filled by name before each step; constants; and variables.
#pragma once

#include "core/graph/value.h"
#include "core/tensor/host_tensor.h"
#include "core/tensor/variable.h"

namespace lamina {

struct InputAttributes {
  std::string name;
  DType dtype = DType::f32;
  Shape shape;
  template <class Visitor>
  void visit(Visitor&& field) {
    field("name", name), field("dtype", dtype), field("shape", shape);
  }
  friend bool operator==(const InputAttributes&, const InputAttributes&) = default;
};

Value input_value(const std::string& name, DType dtype, const Shape& shape);
const InputAttributes& input_of(const Node& node);
const OpDef& input_op();

// A tensor known when the graph is made; kept small (tables, not weights).
Value constant(HostTensor contents);
const HostTensor& constant_of(const Node& node);
const OpDef& constant_op();

Value variable_value(const std::shared_ptr<Variable>& variable);
const std::shared_ptr<Variable>& variable_of(const Node& node);
const OpDef& variable_op();

}  // namespace lamina
