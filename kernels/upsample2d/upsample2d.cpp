// SPDX-License-Identifier: Apache-2.0
#include "kernels/upsample2d/upsample2d.h"

#include "core/base/check.h"
#include "kernels/op_folder.h"

namespace lamina {

std::vector<OpCase> upsample2d_cases();
std::vector<OpCase> upsample2d_grad_cases();

namespace {

Shape upsampled(const Upsample2dAttributes& attributes, const Shape& x) {
  const auto& [rows, columns, shape] = attributes;
  LAMINA_CHECK(x.rank() == 4, "takes (batch, height, width, channels), got ", x);
  LAMINA_CHECK(rows >= 1 && columns >= 1, "rows and columns must be repeated at least once, got ", rows, " and ", columns);
  return {x[0], x[1] * Dim(rows), x[2] * Dim(columns), x[3]};
}

std::vector<TensorType> infer_upsample(const Attributes& attributes, std::span<const TensorType> inputs) {
  return {{inputs[0].dtype, upsampled(attributes.get<Upsample2dAttributes>(), inputs[0].shape)}};
}

std::vector<TensorType> infer_grad(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& upsample = attributes.get<Upsample2dAttributes>();
  const auto& [dtype, dy] = inputs[0];
  LAMINA_CHECK(is_floating(dtype), "takes gradients in floats, got ", dtype);
  const Shape y = upsampled(upsample, upsample.shape);
  LAMINA_CHECK(dy == y, "takes a gradient of shape ", y, ", got ", dy);
  return {{dtype, upsample.shape}};
}

std::vector<Value> upsample_gradient(const GradientContext& context) {
  Upsample2dAttributes attributes = context.attributes<Upsample2dAttributes>();
  attributes.shape = context.inputs[0].shape();
  return {make_value(upsample2d_grad_op(), std::move(attributes), {context.output_gradients[0]})};
}

std::vector<Value> grad_gradient(const GradientContext& context) {
  const auto& attributes = context.attributes<Upsample2dAttributes>();
  return {upsample2d(context.output_gradients[0], attributes.rows, attributes.columns)};
}

double grad_flops(const Attributes&, std::span<const TensorType> inputs, std::span<const TensorType>) {
  return static_cast<double>(inputs[0].shape.extents().count());
}

}  // namespace

const OpDef& upsample2d_op() {
  static const OpDef op{
      .name = "upsample2d", .infer = infer_upsample, .gradient = upsample_gradient, .flops = {}, .exact_on_integers = true};
  return op;
}

const OpDef& upsample2d_grad_op() {
  static const OpDef op{
      .name = "upsample2d_grad", .infer = infer_grad, .gradient = grad_gradient, .flops = grad_flops, .exact_on_integers = true};
  return op;
}

Value upsample2d(const Value& x, int64_t rows, int64_t columns) {
  const Value y = make_value(upsample2d_op(), Upsample2dAttributes{rows, columns, {}}, {x});
  return y.shape() == x.shape() ? x : y;
}

std::vector<OpEntry> upsample2d_ops() {
  return {{upsample2d_op(), upsample2d_cases}, {upsample2d_grad_op(), upsample2d_grad_cases}};
}

}  // namespace lamina
