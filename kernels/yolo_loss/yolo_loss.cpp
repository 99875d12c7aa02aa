// SPDX-License-Identifier: Apache-2.0
#include "kernels/yolo_loss/yolo_loss.h"

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "kernels/gather/gather.h"
#include "kernels/op_folder.h"

namespace lamina {

std::vector<OpCase> yolo_loss_cases();

namespace {

// While one is a symbol of its own, nothing can be said: a plan for given sizes asks once more, with numbers.
bool may_be_equal(const Dim& a, const Dim& b) { return a == b || !a.is_number() || !b.is_number(); }

std::vector<TensorType> infer_yolo_loss(const Attributes& attributes, std::span<const TensorType> inputs) {
  const TensorType &raw = inputs[0], &y_true = inputs[1], &anchors = inputs[2];
  const auto& options = attributes.get<YoloLossAttributes>();
  LAMINA_CHECK(is_floating(raw.dtype), "raw must be floating point, got ", raw);
  LAMINA_CHECK(raw.shape.rank() == 4, "raw must be (N, rows, columns, anchors x (5 + classes)), got ", raw.shape);
  LAMINA_CHECK(y_true.shape.rank() == 5, "y_true must be (N, rows, columns, anchors, 5 + classes), got ", y_true.shape);
  const DType wide = raw.dtype == DType::f64 ? DType::f64 : DType::f32;
  LAMINA_CHECK(y_true.dtype == wide && anchors.dtype == wide, "y_true and anchors must be ", wide, ", got ", y_true.dtype, " and ",
               anchors.dtype, ": 16 bits do not hold the places of objects; give a Lambda .compute_type = DType::f32");
  const bool are_sides = anchors.shape.rank() == 2 && anchors.shape[0].is_number() && anchors.shape[1] == Dim(2);
  LAMINA_CHECK(are_sides && anchors.shape[0].number() > 0, "anchors must be (A, 2) with numbers for both, got ", anchors.shape);
  LAMINA_CHECK(y_true.shape[4].is_number() && y_true.shape[4].number() > 5,
               "y_true must end in 5 + classes with one class or more, got ", y_true.shape);
  const Shape &s = raw.shape, &t = y_true.shape;
  bool fits = t[3] == anchors.shape[0] && s[3] == t[3] * t[4];
  for (int axis = 0; axis < 3; ++axis) fits = fits && may_be_equal(s[axis], t[axis]);
  LAMINA_CHECK(fits, "raw ", s, ", y_true ", t, " and ", anchors.shape[0], " anchors do not go together: ",
               "y_true must be raw with its channels split into anchors x (5 + classes)");
  LAMINA_CHECK(options.stride > 0, "the stride must be 1 or more pixels, got ", options.stride);
  return {{wide, Shape{4}}, {wide, Shape{2}}, {wide, raw.shape}};
}

// A channel takes part in one term only, so draw times the gradient of that term is all there is.
std::vector<Value> yolo_loss_gradient(const GradientContext& context) {
  LAMINA_CHECK(!context.output_gradients[2].exists(), "[yolo_loss] its gradient cannot be differentiated once more");
  const Value& dterms = context.output_gradients[0];
  if (!dterms.exists()) return {Value(), Value(), Value()};
  const Value& raw = context.inputs[0];
  const int64_t channels = context.inputs[1].shape()[4].number(), count = raw.shape()[3].number();
  HostTensor term(DType::i32, {count});
  for (int64_t i = 0; i < count; ++i) {
    term.as<int32_t>()[static_cast<size_t>(i)] = yolo_term_of_channel(i % channels, context.attributes<YoloLossAttributes>().box);
  }
  return {cast(context.outputs[2] * gather(dterms, constant(std::move(term))), raw.dtype()), Value(), Value()};
}

// The boxes of objects that each prediction is held against are known when it runs, and not counted.
double flops(const Attributes&, std::span<const TensorType> inputs, std::span<const TensorType>) {
  constexpr double kPerElement = 12, kPerPrediction = 40;
  const Extents y = inputs[1].shape.extents();
  return static_cast<double>(y.count()) * (kPerElement + kPerPrediction / static_cast<double>(y[4]));
}

}  // namespace

const OpDef& yolo_loss_op() {
  static const OpDef op{.name = "yolo_loss", .infer = infer_yolo_loss, .gradient = yolo_loss_gradient, .flops = flops};
  return op;
}

YoloScaleLoss yolo_scale_loss(const Value& raw, const Value& y_true, const Value& anchors, const YoloLossAttributes& attributes) {
  const std::vector<Value> outputs = make_node(yolo_loss_op(), attributes, {raw, y_true, anchors});
  return {outputs[0], outputs[1]};
}

std::vector<OpEntry> yolo_loss_ops() { return {{yolo_loss_op(), yolo_loss_cases}}; }

}  // namespace lamina
