// SPDX-License-Identifier: Apache-2.0
#include "kernels/non_max_suppression/non_max_suppression.h"

#include <cmath>

#include "core/base/check.h"
#include "kernels/op_folder.h"

namespace lamina {

std::vector<OpCase> non_max_suppression_cases();

namespace {

std::vector<TensorType> infer_non_max_suppression(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& to = attributes.get<NonMaxSuppressionAttributes>();
  const auto& [type, boxes] = inputs[0];
  const Shape& scores = inputs[1].shape;
  LAMINA_CHECK(type == DType::f32 || type == DType::f64, "takes boxes in f32, got ", type, "; use cast()");
  LAMINA_CHECK(inputs[1].dtype == type, "takes scores in the type of the boxes, ", type, ", got ", inputs[1].dtype);
  LAMINA_CHECK(boxes.rank() == 3 && boxes[2] == 4, "takes boxes of shape (batch, boxes, 4), got ", boxes);
  LAMINA_CHECK(scores.rank() == 3 && scores[0] == boxes[0] && scores[1] == boxes[1],
               "takes scores of shape (batch, boxes, classes) for boxes of shape ", boxes, ", got ", scores);
  LAMINA_CHECK(!boxes[1].is_number() || boxes[1].number() <= INT32_MAX, "takes fewer than 2^31 boxes, got ", boxes[1]);
  LAMINA_CHECK(!std::isnan(to.score_threshold), "score_threshold is no number");
  LAMINA_CHECK(to.iou_threshold >= 0 && to.iou_threshold <= 1, "iou_threshold must be from 0 to 1, got ", to.iou_threshold);
  LAMINA_CHECK(to.max_per_class >= 1 && to.max_per_class <= INT32_MAX, "max_per_class must be 1 or more, got ", to.max_per_class);
  return {{DType::i32, {scores[0], scores[2], to.max_per_class}}, {DType::i32, {scores[0], scores[2]}}};
}

}  // namespace

const OpDef& non_max_suppression_op() {
  static const OpDef op{.name = "non_max_suppression", .infer = infer_non_max_suppression, .gradient = {}, .flops = {}};
  return op;
}

KeptBoxes non_max_suppression(const Value& boxes, const Value& scores, const NonMaxSuppressionAttributes& attributes) {
  const std::vector<Value> outputs = make_node(non_max_suppression_op(), attributes, {boxes, scores});
  return {outputs[0], outputs[1]};
}

std::vector<OpEntry> non_max_suppression_ops() { return {{non_max_suppression_op(), non_max_suppression_cases}}; }

}  // namespace lamina
