// SPDX-License-Identifier: Apache-2.0
#include "losses/yolo.h"

#include <algorithm>
#include <array>

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "kernels/concat/concat.h"
#include "kernels/slice/slice.h"

namespace lamina::losses {
namespace {

// yolo3-tf2's weights. Further heads are weighted as the finest.
constexpr double kBoxWeight = 0.05, kObjectWeight = 5, kClassesOfWeightOne = 80, kSideOfWeightOne = 416;
constexpr std::array<double, 3> kObjectWeights = {0.4, 1, 4};

// What each of the four sums is multiplied by, so that they add up to the loss.
Value weights_of(const YoloLossTerms& sums, const Value& y_true, const YoloHead& head, size_t index, BoxLoss box) {
  const Shape& shape = y_true.shape();
  if (box == BoxLoss::squared) return ones_like(sums.terms) / size_value(shape[0], sums.terms.dtype());
  const Value positives = maximum(slice(sums.counts, 0, 0, 1), 1.0);
  const Value seen = maximum(sum(sums.counts), 1.0);
  const double classes = static_cast<double>(shape[4].number() - 5);
  const Value area = size_value(shape[1] * shape[2], sums.terms.dtype()) * static_cast<double>(head.stride * head.stride);
  const double object_weight = kObjectWeight * kObjectWeights[std::min(index, kObjectWeights.size() - 1)];
  const Value boxes = kBoxWeight / positives;
  const Value object = object_weight / (kSideOfWeightOne * kSideOfWeightOne) * area / seen;
  return concat({boxes, boxes, object, classes / kClassesOfWeightOne / classes / positives}, 0);
}

}  // namespace

YoloLoss yolo(std::span<const Value> outputs, std::span<const Value> y_true, const YoloOptions& options) {
  LAMINA_CHECK(outputs.size() == options.heads.size() && y_true.size() == options.heads.size() && !outputs.empty(), "[yolo] ", options.heads.size(),
               " heads need as many outputs and truths, got ", outputs.size(), " and ", y_true.size());
  YoloLoss loss;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const YoloHead& head = options.heads[i];
    const YoloLossTerms sums = yolo_loss_terms(outputs[i], y_true[i], {.anchors = head.anchors,
                                                                       .stride = head.stride,
                                                                       .ignore_threshold = options.ignore_threshold,
                                                                       .box = options.box});
    loss.terms.push_back(sums.terms * weights_of(sums, y_true[i], head, i, options.box));
    const Value of_head = sum(loss.terms.back());
    loss.total = loss.total.exists() ? loss.total + of_head : of_head;
  }
  return loss;
}

}  // namespace lamina::losses
