// SPDX-License-Identifier: Apache-2.0
#include "kernels/yolo_loss/yolo_loss.h"

#include <cmath>

#include "core/base/check.h"
#include "core/graph/leaves.h"
#include "core/graph/pointwise.h"
#include "core/graph/reshape.h"
#include "kernels/gather/gather.h"
#include "kernels/op_folder.h"
#include "kernels/yolo_loss/yolo_loss_element.h"

namespace lamina {

std::vector<OpCase> yolo_loss_cases();

namespace {

std::vector<TensorType> infer(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& a = attributes.get<YoloLossAttributes>();
  const TensorType &raw = inputs[0], &truth = inputs[1];
  LAMINA_CHECK(is_floating(raw.dtype), "takes floats, got ", raw.dtype, "; use cast()");
  LAMINA_CHECK(truth.dtype == DType::f32, "takes a truth of f32, got ", truth.dtype, "; use cast()");
  LAMINA_CHECK(raw.shape.rank() == 4 && truth.shape.rank() == 5,
               "takes raw (batch, rows, columns, anchors * (5 + classes)) and truth (batch, rows, columns, anchors, 5 + classes), got ", raw.shape,
               " and ", truth.shape);
  const auto anchors = static_cast<int64_t>(a.anchors.size() / 2);
  LAMINA_CHECK(a.anchors.size() % 2 == 0 && anchors >= 1 && anchors <= kMaxAnchors, "takes 1 to ", kMaxAnchors,
               " anchors of a width and a height, got ", a.anchors.size(), " numbers");
  for (const double side : a.anchors) LAMINA_CHECK(std::isfinite(side) && side > 0, "anchors must be above 0, got ", side);
  LAMINA_CHECK(a.stride >= 1, "the stride must be at least 1, got ", a.stride);
  LAMINA_CHECK(truth.shape[4].is_number() && truth.shape[4].number() >= 6, "the truth needs 5 numbers and one for each class, got ", truth.shape);
  for (int axis = 0; axis < 3; ++axis) {
    LAMINA_CHECK(raw.shape[axis] == truth.shape[axis], "raw is ", raw.shape, ", the truth ", truth.shape, ": batch, rows and columns must be equal");
  }
  LAMINA_CHECK(truth.shape[3] == Dim(anchors) && raw.shape[3] == Dim(anchors * truth.shape[4].number()), anchors, " anchors of ",
               truth.shape[4], " numbers need raw with ", anchors * truth.shape[4].number(), " channels and a truth with ", anchors,
               " anchors, got ", raw.shape, " and ", truth.shape);
  const DType sums = raw.dtype == DType::f64 ? DType::f64 : DType::f32;
  return {{sums, {kYoloTerms}}, {sums, {kYoloSums - kYoloTerms}}, raw};
}

// Each channel belongs to one term, so the gradient that came with the terms is weighted by that of its own.
int32_t term_of(int64_t channel, BoxLoss box) {
  if (channel < 4) return channel < 2 || box == BoxLoss::ciou ? 0 : 1;
  return channel == 4 ? 2 : 3;
}

std::vector<Value> gradient(const GradientContext& context) {
  LAMINA_CHECK(!context.output_gradients[1].exists() && !context.output_gradients[2].exists(), "[yolo_loss] node \"", context.node.name,
               "\": counts have no gradient");
  const Shape& truth = context.inputs[1].shape();
  const int64_t anchors = truth[3].number(), channels = truth[4].number();
  std::vector<int32_t> terms;
  for (int64_t i = 0; i < anchors * channels; ++i) terms.push_back(term_of(i % channels, context.attributes<YoloLossAttributes>().box));
  const Value& of_raw = context.outputs[2];
  const Value weights = gather(context.output_gradients[0], constant(HostTensor::of<int32_t>({anchors * channels}, terms)));
  return {of_raw * cast(weights, of_raw.dtype()), Value()};
}

// Roughly: an exponential and a logarithm for each channel, and as much again for their gradients.
double flops(const Attributes&, std::span<const TensorType> inputs, std::span<const TensorType>) {
  return 10.0 * static_cast<double>(inputs[0].shape.extents().count());
}

}  // namespace

const OpDef& yolo_loss_op() {
  static const OpDef op{.name = "yolo_loss", .infer = infer, .gradient = gradient, .flops = flops};
  return op;
}

YoloLossTerms yolo_loss_terms(const Value& raw, const Value& y_true, const YoloLossAttributes& attributes) {
  const std::vector<Value> outputs = make_node(yolo_loss_op(), attributes, {raw, y_true});
  return {outputs[0], outputs[1]};
}

std::vector<OpEntry> yolo_loss_ops() { return {{yolo_loss_op(), yolo_loss_cases}}; }

}  // namespace lamina
