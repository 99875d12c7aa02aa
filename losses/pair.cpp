// SPDX-License-Identifier: Apache-2.0
#include "losses/pair.h"

#include "core/base/check.h"
#include "core/graph/reshape.h"
#include "kernels/softmax/softmax.h"
#include "losses/losses.h"

namespace lamina::losses {
namespace {

Value column(const Value& vector) { return reshape(vector, vector.shape().with_axis(1, 1)); }

// `longer` has one axis more than `shorter`; where that axis is one, the ranks are made equal.
void drop_or_add_axis(Value& longer, Value& shorter) {
  const int last = longer.shape().rank() - 1;
  if (!(longer.shape()[last] == Dim(1))) return;
  if (last == 1) {
    shorter = column(shorter);
  } else {
    longer = reshape(longer, longer.shape().without_axis(last));
  }
}

// What `value` is cast from, if it is a cast and nothing else.
Value behind_casts(Value value) {
  while (value.node()->op == &pointwise_op()) {
    const auto& attributes = value.node()->attributes.get<PointwiseAttributes>();
    const Value& source = value.node()->inputs[0];
    if (!attributes.program.instructions.empty() || !(source.shape() == value.shape()) || !is_floating(source.dtype()))
      break;
    value = source;
  }
  return value;
}

}  // namespace

Value widened(const Value& x) { return cast(x, x.dtype() == DType::f64 ? DType::f64 : DType::f32); }

Pair aligned(const char* loss, const Value& y_true, const Value& y_pred) {
  Pair pair{y_true, widened(y_pred)};
  pair.y_true = cast(y_true, pair.y_pred.dtype());
  const int difference = y_true.shape().rank() - y_pred.shape().rank();
  if (difference == 1) drop_or_add_axis(pair.y_true, pair.y_pred);
  if (difference == -1) drop_or_add_axis(pair.y_pred, pair.y_true);
  LAMINA_CHECK(pair.y_true.shape().rank() == pair.y_pred.shape().rank(), "[", loss, "] y_true ", y_true.shape(),
               " and y_pred ", y_pred.shape(), " have different ranks");
  LAMINA_CHECK(pair.y_pred.shape().rank() > 0, "[", loss,
               "] y_pred is a scalar; a loss over its last axis needs one axis or more");
  return pair;
}

Pair aligned_columns(const char* loss, const Value& y_true, const Value& y_pred) {
  Pair pair = aligned(loss, y_true, y_pred);
  if (pair.y_pred.shape().rank() == 1) pair = {column(pair.y_true), column(pair.y_pred)};
  return pair;
}

std::optional<Value> logits_behind_sigmoid(const Value& y_pred) {
  const Value source = behind_casts(y_pred);
  const Node& node = *source.node();
  if (node.op != &pointwise_op()) return std::nullopt;
  if (!(node.attributes.get<PointwiseAttributes>().program == Program::single(ScalarFunction::sigmoid)))
    return std::nullopt;
  return widened(node.inputs[0]);
}

std::optional<Value> logits_behind_softmax(const Value& y_pred) {
  const Value source = behind_casts(y_pred);
  const Node& node = *source.node();
  const bool over_last =
      node.op == &softmax_op() && node.attributes.get<SoftmaxAttributes>().axis == source.shape().rank() - 1;
  return over_last ? std::optional(widened(node.inputs[0])) : std::nullopt;
}

Value clipped_probabilities(const Value& p) { return clip(p, kEpsilon, 1.0 - kEpsilon); }

}  // namespace lamina::losses
