// SPDX-License-Identifier: Apache-2.0
#include "kernels/softmax/softmax.h"

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "kernels/op_folder.h"

namespace lamina {

std::vector<OpCase> softmax_cases();
std::vector<OpCase> log_softmax_cases();

namespace {

std::vector<TensorType> infer_softmax(const Attributes& attributes, std::span<const TensorType> inputs) {
  LAMINA_CHECK(is_floating(inputs[0].dtype), "needs a floating type, got ", inputs[0].dtype, "; use cast()");
  const int axis = attributes.get<SoftmaxAttributes>().axis;
  LAMINA_CHECK(axis >= 0 && axis < inputs[0].shape.rank(), "axis ", axis, " of a tensor of rank ", inputs[0].shape.rank());
  return {inputs[0]};
}

// The gradients are composites: one reduction and one pointwise pass once fused. 16-bit types are widened first, so that
// dy * y is not rounded before it is summed.
Value widened(const Value& x) { return cast(x, promote(x.dtype(), DType::f32)); }

// dx = (dy - sum(dy * y)) * y
std::vector<Value> softmax_gradient(const GradientContext& context) {
  const std::vector<int> axes = {context.attributes<SoftmaxAttributes>().axis};
  const Value y = widened(context.outputs[0]), dy = widened(context.output_gradients[0]);
  return {cast((dy - sum(dy * y, axes, true)) * y, context.inputs[0].dtype())};
}

// dx = dy - exp(y) * sum(dy)
std::vector<Value> log_softmax_gradient(const GradientContext& context) {
  const std::vector<int> axes = {context.attributes<SoftmaxAttributes>().axis};
  const Value y = widened(context.outputs[0]), dy = widened(context.output_gradients[0]);
  return {cast(dy - exp(y) * sum(dy, axes, true), context.inputs[0].dtype())};
}

// Per element: maximum, subtraction, exponential, sum, and a division or a second subtraction.
double flops_of_softmax(const Attributes&, std::span<const TensorType> inputs, std::span<const TensorType>) {
  return 5.0 * static_cast<double>(inputs[0].shape.extents().count());
}

Value make(const OpDef& op, const Value& x, int axis) {
  return make_value(op, SoftmaxAttributes{normalized_axis(axis, x.shape().rank(), op.name.c_str())}, {x});
}

}  // namespace

const OpDef& softmax_op() {
  static const OpDef op{.name = "softmax", .infer = infer_softmax, .gradient = softmax_gradient, .flops = flops_of_softmax};
  return op;
}

const OpDef& log_softmax_op() {
  static const OpDef op{
      .name = "log_softmax", .infer = infer_softmax, .gradient = log_softmax_gradient, .flops = flops_of_softmax};
  return op;
}

Value softmax(const Value& x, int axis) { return make(softmax_op(), x, axis); }
Value log_softmax(const Value& x, int axis) { return make(log_softmax_op(), x, axis); }

std::vector<OpEntry> softmax_ops() { return {{softmax_op(), softmax_cases}, {log_softmax_op(), log_softmax_cases}}; }

}  // namespace lamina
