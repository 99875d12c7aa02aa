// SPDX-License-Identifier: Apache-2.0
#include "kernels/epilogue/follower.h"

#include <cmath>
#include <optional>

#include "core/graph/pointwise.h"
#include "core/graph/reshape.h"

namespace lamina {
namespace {

// The place of the one input that is output 0 of `node`.
std::optional<size_t> only_place(const Node& node, const Node& user) {
  std::optional<size_t> place;
  for (size_t i = 0; i < user.inputs.size(); ++i) {
    if (user.inputs[i].node().get() != &node) continue;
    if (place || user.inputs[i].output() != 0) return std::nullopt;
    place = i;
  }
  return place;
}

// One number per channel, the last axis of `of`.
bool is_per_channel(const Value& value, const Shape& of) {
  const Shape& shape = value.shape();
  if (shape.rank() == 0 || shape.rank() > of.rank() || !(shape[shape.rank() - 1] == of[of.rank() - 1])) return false;
  for (int axis = 0; axis + 1 < shape.rank(); ++axis) {
    if (!(shape[axis] == Dim(1))) return false;
  }
  return true;
}

// As (C) and in the type of the sums. What was rounded to 16 bits for the pointwise node is taken as it was before.
Value channel_vector(const Value& value, DType of) {
  const DType wanted = of == DType::f64 ? DType::f64 : DType::f32;
  const Node& maker = *value.node();
  const bool is_rounded = value.dtype() != wanted && maker.op == &pointwise_op() && maker.inputs.size() == 1 &&
                          maker.attributes.get<PointwiseAttributes>().program.is_copy() &&
                          maker.inputs[0].type() == TensorType{wanted, value.shape()};
  const Value exact = is_rounded ? maker.inputs[0] : cast(value, wanted);
  return reshape(exact, Shape{value.shape()[value.shape().rank() - 1]});
}

Follower leaky(double slope) {
  if (!std::isfinite(slope) || slope < 0) return {};
  return {.kind = Follower::Kind::leaky, .slope = slope};
}

}  // namespace

Follower follower_of(const Node& node, const Node& user) {
  const std::optional<size_t> place = only_place(node, user);
  if (!place || user.op != &pointwise_op() || user.outputs.size() != 1) return {};
  const TensorType &v = node.outputs[0], &y = user.outputs[0];
  if (!(y.shape == v.shape) || !is_floating(v.dtype) || !is_floating(y.dtype)) return {};
  const Program& program = user.attributes.get<PointwiseAttributes>().program;
  if (program.is_copy()) return {.kind = Follower::Kind::cast};
  if (program.instructions.size() != 1 || y.dtype != v.dtype) return {};
  const ScalarFunction function = program.instructions[0].function;
  if (!(program == Program::single(function))) return {};
  if (function == ScalarFunction::relu) return leaky(0);
  if (user.inputs.size() != 2) return {};

  const Value& operand = user.inputs[1 - *place];
  if (operand.dtype() != v.dtype) return {};
  const NameScope scope(user.name);
  const bool per_channel = is_per_channel(operand, v.shape);
  switch (function) {
    case ScalarFunction::leaky_relu:
      if (*place != 0 || operand.node()->op != &constant_op() || operand.shape().rank() != 0) break;
      return leaky(constant_of(*operand.node()).at(0));
    case ScalarFunction::multiply:
      if (per_channel) return {.kind = Follower::Kind::scale, .operand = channel_vector(operand, v.dtype)};
      break;
    case ScalarFunction::add:
      if (operand.shape() == v.shape) return {.kind = Follower::Kind::add, .operand = operand};
      if (per_channel) return {.kind = Follower::Kind::shift, .operand = channel_vector(operand, v.dtype)};
      break;
    case ScalarFunction::subtract:
      if (*place == 0 && per_channel) return {.kind = Follower::Kind::shift, .operand = negate(channel_vector(operand, v.dtype))};
      break;
    default: break;
  }
  return {};
}

}  // namespace lamina
