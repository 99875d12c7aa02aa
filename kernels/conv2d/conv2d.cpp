// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv2d/conv2d.h"

#include "core/base/check.h"
#include "kernels/conv2d/conv2d_geometry.h"
#include "kernels/op_folder.h"

namespace lamina {

std::vector<OpCase> conv2d_cases();
std::vector<OpCase> conv2d_dgrad_cases();
std::vector<OpCase> conv2d_wgrad_cases();

namespace {

void check_types(const TensorType& a, const TensorType& b) {
  LAMINA_CHECK(a.dtype == b.dtype && is_floating(a.dtype), "both factors must have one floating type, got ", a.dtype, " and ", b.dtype,
               "; use cast()");
}

Shape places_of(const Window& window, const Shape& x, const Shape& w) {
  LAMINA_CHECK(w.rank() == 4, "takes filters (height, width, channels in, channels out), got ", w);
  Shape y = window_places(window, x);
  LAMINA_CHECK(x[3] == w[2], "input has ", x[3], " channels, weight expects ", w[2], ": x is ", x, ", w is ", w);
  LAMINA_CHECK(w[0] == Dim(window.size[0]) && w[1] == Dim(window.size[1]), "a window of ", window, " with filters ", w);
  y[3] = w[3];
  return y;
}

std::vector<TensorType> infer_conv2d(const Attributes& attributes, std::span<const TensorType> inputs) {
  check_types(inputs[0], inputs[1]);
  const auto& [window, unused, epilogue] = attributes.get<Conv2dAttributes>();
  return {infer_epilogue(epilogue, inputs, 2, inputs[0].dtype, places_of(window, inputs[0].shape, inputs[1].shape))};
}

std::vector<TensorType> infer_dgrad(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& [window, shape, unused] = attributes.get<Conv2dAttributes>();
  check_types(inputs[0], inputs[1]);
  const Shape y = places_of(window, shape, inputs[1].shape);
  LAMINA_CHECK(inputs[0].shape == y, "the gradient of y has shape ", inputs[0].shape, ", y has ", y);
  return {{inputs[0].dtype, shape}};
}

std::vector<TensorType> infer_wgrad(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& [window, shape, unused] = attributes.get<Conv2dAttributes>();
  check_types(inputs[0], inputs[1]);
  const Shape y = places_of(window, inputs[0].shape, shape);
  LAMINA_CHECK(inputs[1].shape == y, "the gradient of y has shape ", inputs[1].shape, ", y has ", y);
  return {{inputs[0].dtype, shape}};
}

std::vector<Value> conv2d_gradient(const GradientContext& context) {
  const auto& [window, unused, epilogue] = context.attributes<Conv2dAttributes>();
  const Value &x = context.inputs[0], &w = context.inputs[1], &dy = context.output_gradients[0];
  if (epilogue == Epilogue{}) return {conv2d_dgrad(dy, w, window, x.shape()), conv2d_wgrad(x, dy, window, w.shape())};
  // The sums are made again; so that no training pays for that, users are taken in behind build_gradients.
  const auto [dsums, rest] = epilogue_gradients(epilogue_inputs(epilogue, context.inputs, 2), conv2d(x, w, window), dy);
  std::vector<Value> gradients = {conv2d_dgrad(dsums, w, window, x.shape()), conv2d_wgrad(x, dsums, window, w.shape())};
  gradients.insert(gradients.end(), rest.begin(), rest.end());
  return gradients;
}

std::optional<Absorbed> absorb_into_conv2d(const Node& node, const Node& user) {
  auto attributes = node.attributes.get<Conv2dAttributes>();
  const auto epilogue = absorb_into(epilogue_inputs(attributes.epilogue, node.inputs, 2), node.inputs[0].dtype(), node, user);
  if (!epilogue) return std::nullopt;
  attributes.epilogue = epilogue->attribute();
  return Absorbed{attributes, epilogue->after({node.inputs[0], node.inputs[1]})};
}

// All three are linear in each factor, so each is the gradient of the others.
std::vector<Value> dgrad_gradient(const GradientContext& context) {
  const Window& window = context.attributes<Conv2dAttributes>().window;
  const Value &dy = context.inputs[0], &w = context.inputs[1], &dx = context.output_gradients[0];
  return {conv2d(dx, w, window), conv2d_wgrad(dx, dy, window, w.shape())};
}

std::vector<Value> wgrad_gradient(const GradientContext& context) {
  const Window& window = context.attributes<Conv2dAttributes>().window;
  const Value &x = context.inputs[0], &dy = context.inputs[1], &dw = context.output_gradients[0];
  return {conv2d_dgrad(dy, dw, window, x.shape()), conv2d(x, dw, window)};
}

double flops_of(const Conv2dGeometry& g) {
  return 2.0 * static_cast<double>(g.batch * g.rows.out * g.columns.out * g.channels_out) *
         static_cast<double>(g.rows.size * g.columns.size * g.channels_in);
}

double conv2d_flops(const Attributes& attributes, std::span<const TensorType> inputs, std::span<const TensorType>) {
  return flops_of(conv2d_geometry(attributes, inputs[0].shape.extents(), inputs[1].shape.extents()));
}
double dgrad_flops(const Attributes& attributes, std::span<const TensorType> inputs, std::span<const TensorType> outputs) {
  return flops_of(conv2d_geometry(attributes, outputs[0].shape.extents(), inputs[1].shape.extents()));
}
double wgrad_flops(const Attributes& attributes, std::span<const TensorType> inputs, std::span<const TensorType> outputs) {
  return flops_of(conv2d_geometry(attributes, inputs[0].shape.extents(), outputs[0].shape.extents()));
}

}  // namespace

const OpDef& conv2d_op() {
  static const OpDef op{.name = "conv2d",
                        .infer = infer_conv2d,
                        .gradient = conv2d_gradient,
                        .flops = conv2d_flops,
                        .exact_on_integers = true,
                        .absorb = absorb_into_conv2d};
  return op;
}

const OpDef& conv2d_dgrad_op() {
  static const OpDef op{
      .name = "conv2d_dgrad", .infer = infer_dgrad, .gradient = dgrad_gradient, .flops = dgrad_flops, .exact_on_integers = true};
  return op;
}

const OpDef& conv2d_wgrad_op() {
  static const OpDef op{
      .name = "conv2d_wgrad", .infer = infer_wgrad, .gradient = wgrad_gradient, .flops = wgrad_flops, .exact_on_integers = true};
  return op;
}

Value conv2d(const Value& x, const Value& w, Window window, const EpilogueInputs& epilogue) {
  LAMINA_CHECK(w.shape().rank() == 4 && w.shape()[0].is_number() && w.shape()[1].is_number(),
               "[conv2d] takes filters (height, width, channels in, channels out) of known height and width, got ", w.shape());
  window.size = {w.shape()[0].number(), w.shape()[1].number()};
  return make_value(conv2d_op(), Conv2dAttributes{.window = window, .epilogue = epilogue.attribute()}, epilogue.after({x, w}));
}

Value conv2d_dgrad(const Value& dy, const Value& w, Window window, const Shape& x_shape) {
  return make_value(conv2d_dgrad_op(), Conv2dAttributes{.window = window, .shape = x_shape}, {dy, w});
}

Value conv2d_wgrad(const Value& x, const Value& dy, Window window, const Shape& w_shape) {
  return make_value(conv2d_wgrad_op(), Conv2dAttributes{.window = window, .shape = w_shape}, {x, dy});
}

std::vector<OpEntry> conv2d_ops() {
  return {{conv2d_op(), conv2d_cases}, {conv2d_dgrad_op(), conv2d_dgrad_cases}, {conv2d_wgrad_op(), conv2d_wgrad_cases}};
}

}  // namespace lamina
