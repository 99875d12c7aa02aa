// SPDX-License-Identifier: Apache-2.0
#include "kernels/pool2d/pool2d.h"

#include <algorithm>

#include "core/base/check.h"
#include "kernels/op_folder.h"
#include "kernels/pool2d/pool2d_geometry.h"

namespace lamina {

std::vector<OpCase> max_pool2d_cases();
std::vector<OpCase> max_pool2d_grad_cases();
std::vector<OpCase> average_pool2d_cases();
std::vector<OpCase> average_pool2d_grad_cases();

namespace {

Shape places_of(const Window& window, const Shape& x) {
  Shape y = window_places(window, x);
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t reach = (window.size[axis] - 1) * window.dilation[axis] + 1;
    const bool given = window.padding == Window::Padding::given;
    LAMINA_CHECK(!given || (window.before[axis] < reach && window.behind[axis] < reach), "the padding of ", window,
                 " holds whole windows, of which nothing is the largest or the mean");
  }
  return y;
}

void check_floating(DType dtype) { LAMINA_CHECK(is_floating(dtype), "takes floats, got ", dtype, "; use cast()"); }

std::vector<TensorType> infer_max(const Attributes& attributes, std::span<const TensorType> inputs) {
  check_floating(inputs[0].dtype);
  const Shape y = places_of(attributes.get<Pool2dAttributes>().window, inputs[0].shape);
  return {{inputs[0].dtype, y}, {DType::i32, y}};
}

std::vector<TensorType> infer_average(const Attributes& attributes, std::span<const TensorType> inputs) {
  check_floating(inputs[0].dtype);
  return {{inputs[0].dtype, places_of(attributes.get<Pool2dAttributes>().window, inputs[0].shape)}};
}

// Of both gradients: dy first, and for max the taps behind it.
std::vector<TensorType> infer_grad(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& [window, shape] = attributes.get<Pool2dAttributes>();
  check_floating(inputs[0].dtype);
  const Shape y = places_of(window, shape);
  for (const TensorType& input : inputs) LAMINA_CHECK(input.shape == y, "takes gradients of shape ", y, ", got ", input.shape);
  LAMINA_CHECK(inputs.size() == 1 || inputs[1].dtype == DType::i32, "takes taps in i32, got ", inputs[1].dtype);
  return {{inputs[0].dtype, shape}};
}

std::vector<Value> max_gradient(const GradientContext& context) {
  const Window& window = context.attributes<Pool2dAttributes>().window;
  return {make_value(max_pool2d_grad_op(), Pool2dAttributes{window, context.inputs[0].shape()},
                     {context.output_gradients[0], context.outputs[1]})};
}

std::vector<Value> average_gradient(const GradientContext& context) {
  const Window& window = context.attributes<Pool2dAttributes>().window;
  return {make_value(average_pool2d_grad_op(), Pool2dAttributes{window, context.inputs[0].shape()}, {context.output_gradients[0]})};
}

std::vector<Value> average_grad_gradient(const GradientContext& context) {
  return {average_pool2d(context.output_gradients[0], context.attributes<Pool2dAttributes>().window)};
}

double flops(const Attributes& attributes, std::span<const TensorType> inputs, std::span<const TensorType> outputs) {
  const Window& window = attributes.get<Pool2dAttributes>().window;
  const int64_t elements = std::min(inputs[0].shape.extents().count(), outputs[0].shape.extents().count());
  return static_cast<double>(elements) * static_cast<double>(window.size[0] * window.size[1]);
}

}  // namespace

const OpDef& max_pool2d_op() {
  static const OpDef op{.name = "max_pool2d", .infer = infer_max, .gradient = max_gradient, .flops = flops, .exact_on_integers = true};
  return op;
}
const OpDef& max_pool2d_grad_op() {
  static const OpDef op{.name = "max_pool2d_grad", .infer = infer_grad, .gradient = {}, .flops = flops, .exact_on_integers = true};
  return op;
}
const OpDef& average_pool2d_op() {
  static const OpDef op{.name = "average_pool2d", .infer = infer_average, .gradient = average_gradient, .flops = flops};
  return op;
}
const OpDef& average_pool2d_grad_op() {
  static const OpDef op{.name = "average_pool2d_grad", .infer = infer_grad, .gradient = average_grad_gradient, .flops = flops};
  return op;
}

Value max_pool2d(const Value& x, const Window& window) { return make_node(max_pool2d_op(), Pool2dAttributes{window, {}}, {x})[0]; }
Value average_pool2d(const Value& x, const Window& window) { return make_value(average_pool2d_op(), Pool2dAttributes{window, {}}, {x}); }

std::vector<OpEntry> pool2d_ops() {
  return {{max_pool2d_op(), max_pool2d_cases},
          {max_pool2d_grad_op(), max_pool2d_grad_cases},
          {average_pool2d_op(), average_pool2d_cases},
          {average_pool2d_grad_op(), average_pool2d_grad_cases}};
}

}  // namespace lamina
