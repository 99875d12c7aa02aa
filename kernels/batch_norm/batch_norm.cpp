// SPDX-License-Identifier: Apache-2.0
#include "kernels/batch_norm/batch_norm.h"

#include <cmath>

#include "core/base/check.h"
#include "kernels/epilogue/follower.h"
#include "kernels/op_folder.h"

namespace lamina {

std::vector<OpCase> batch_norm_cases();
std::vector<OpCase> batch_norm_grad_cases();

namespace {

void check_attributes(const BatchNormAttributes& attributes) {
  LAMINA_CHECK(std::isfinite(attributes.epsilon) && attributes.epsilon > 0, "epsilon must be above 0, got ", attributes.epsilon);
  LAMINA_CHECK(std::isfinite(attributes.slope), "the slope must be a number, got ", attributes.slope);
}

// What each channel has one number of, for an x of this type.
TensorType per_channel(const TensorType& x) {
  LAMINA_CHECK(is_floating(x.dtype), "takes floats, got ", x.dtype, "; use cast()");
  LAMINA_CHECK(x.shape.rank() >= 2, "x must be (..., channels) with two axes or more, got ", x.shape);
  return {x.dtype == DType::f64 ? DType::f64 : DType::f32, {x.shape[x.shape.rank() - 1]}};
}

void check_type(const TensorType& type, const TensorType& expected, const char* what) {
  LAMINA_CHECK(type == expected, what, " must be ", expected, ", got ", type);
}

std::vector<TensorType> infer_batch_norm(const Attributes& attributes, std::span<const TensorType> inputs) {
  check_attributes(attributes.get<BatchNormAttributes>());
  const TensorType channel = per_channel(inputs[0]);
  check_type(inputs[1], channel, "gamma");
  check_type(inputs[2], channel, "beta");
  if (inputs.size() > 3) check_type(inputs[3], inputs[0], "the residual");
  return {inputs[0], channel, channel};
}

std::vector<TensorType> infer_batch_norm_grad(const Attributes& attributes, std::span<const TensorType> inputs) {
  check_attributes(attributes.get<BatchNormAttributes>());
  const TensorType channel = per_channel(inputs[1]);
  check_type(inputs[0], inputs[1], "dy");
  constexpr const char* kNames[] = {"gamma", "beta", "mean", "variance"};
  for (size_t i = 0; i < 4; ++i) check_type(inputs[2 + i], channel, kNames[i]);
  return {inputs[1], channel, channel};
}

std::vector<Value> batch_norm_gradient(const GradientContext& context) {
  LAMINA_CHECK(!context.output_gradients[1].exists() && !context.output_gradients[2].exists(),
               "[batch_norm] node \"", context.node.name,
               "\": no gradient flows through mean and variance, which are for moving statistics; compute them with mean() and "
               "square() where a loss depends on them");
  const Value& dy = context.output_gradients[0];
  std::vector<Value> gradients =
      make_node(batch_norm_grad_op(), context.attributes<BatchNormAttributes>(),
                {dy, context.inputs[0], context.inputs[1], context.inputs[2], context.outputs[1], context.outputs[2]});
  if (context.inputs.size() > 3) gradients.push_back(dy);
  return gradients;
}

// A leaky activation, then a shortcut: in this order the op has them. A relu stays by itself: its gradient at z = 0 is 0 where
// that of a leaky activation is dy, and 0 times an infinite z is no number.
std::optional<Absorbed> absorb_into_batch_norm(const Node& node, const Node& user) {
  if (node.inputs.size() > 3) return std::nullopt;
  auto attributes = node.attributes.get<BatchNormAttributes>();
  std::vector<Value> inputs = node.inputs;
  const Follower follower = follower_of(node, user);
  if (follower.kind == Follower::Kind::leaky && follower.slope != 0 && attributes.slope == 1) {
    attributes.slope = follower.slope;
  } else if (follower.kind == Follower::Kind::add) {
    inputs.push_back(follower.operand);
  } else {
    return std::nullopt;
  }
  return Absorbed{attributes, std::move(inputs)};
}

// Per element: a difference, a square and two sums for the statistics; a difference, a product and a sum, the activation's
// product and choice, and the residual. The gradient does half as much again.
constexpr double kFlopsPerElement = 10, kGradFlopsPerElement = 15;

template <int kX>
double elements(std::span<const TensorType> inputs) {
  return static_cast<double>(inputs[kX].shape.extents().count());
}

}  // namespace

const OpDef& batch_norm_op() {
  static const OpDef op{.name = "batch_norm",
                        .infer = infer_batch_norm,
                        .gradient = batch_norm_gradient,
                        .flops = [](const Attributes&, std::span<const TensorType> inputs, std::span<const TensorType>) {
                          return kFlopsPerElement * elements<0>(inputs);
                        },
                        .absorb = absorb_into_batch_norm,
                        .absorbs_in_training = true};
  return op;
}

const OpDef& batch_norm_grad_op() {
  static const OpDef op{.name = "batch_norm_grad",
                        .infer = infer_batch_norm_grad,
                        .gradient = {},
                        .flops = [](const Attributes&, std::span<const TensorType> inputs, std::span<const TensorType>) {
                          return kGradFlopsPerElement * elements<1>(inputs);
                        }};
  return op;
}

BatchNormResult batch_norm(const Value& x, const Value& gamma, const Value& beta, const BatchNormAttributes& attributes,
                           const Value& residual) {
  std::vector<Value> inputs = {x, gamma, beta};
  if (residual.exists()) inputs.push_back(residual);
  const std::vector<Value> outputs = make_node(batch_norm_op(), attributes, std::move(inputs));
  return {outputs[0], outputs[1], outputs[2]};
}

std::vector<OpEntry> batch_norm_ops() {
  return {{batch_norm_op(), batch_norm_cases}, {batch_norm_grad_op(), batch_norm_grad_cases}};
}

}  // namespace lamina
