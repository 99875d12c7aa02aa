// SPDX-License-Identifier: Apache-2.0
#include "losses/yolo.h"

#include <cmath>

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "core/graph/reshape.h"
#include "kernels/concat/concat.h"
#include "kernels/slice/slice.h"

namespace lamina::losses {
namespace {

void check(std::span<const Value> outputs, std::span<const Value> y_true, const YoloLossOptions& options) {
  const size_t scales = options.anchors.size();
  LAMINA_CHECK(scales > 0, "[yolo_loss] .anchors is empty: give the anchors of each scale, in pixels");
  LAMINA_CHECK(outputs.size() == scales && y_true.size() == scales, "[yolo_loss] there are anchors of ", scales, " scales, but ",
               outputs.size(), " outputs and ", y_true.size(), " y_true: one of each is needed per scale");
  LAMINA_CHECK(options.strides.size() >= scales, "[yolo_loss] .strides has ", options.strides.size(), " numbers for ", scales,
               " scales");
  LAMINA_CHECK(options.box == YoloBoxLoss::squared || options.balance.size() >= scales, "[yolo_loss] .balance has ",
               options.balance.size(), " numbers for ", scales, " scales");
  for (const auto& scale : options.anchors) {
    for (const auto& [width, height] : scale) {
      const bool is_box = width > 0 && height > 0 && std::isfinite(width) && std::isfinite(height);
      LAMINA_CHECK(is_box, "[yolo_loss] an anchor is ", width, " x ", height, " pixels: both sides must be above 0");
    }
  }
}

Value anchors_of(const std::vector<std::pair<double, double>>& scale, DType type) {
  HostTensor anchors(DType::f64, {static_cast<int64_t>(scale.size()), 2});
  for (size_t i = 0; i < scale.size(); ++i) {
    anchors.as<double>()[2 * i] = scale[i].first;
    anchors.as<double>()[2 * i + 1] = scale[i].second;
  }
  return constant(anchors.cast(type));
}

Value element(const Value& vector, int64_t i) { return reshape(slice(vector, 0, i, i + 1), Shape{}); }

// What the four terms of scale `s` are multiplied with: a scalar, or (4).
Value weights(const YoloScaleLoss& loss, const Value& y_true, size_t s, const YoloLossOptions& options) {
  const Shape& shape = y_true.shape();
  const DType type = loss.terms.dtype();
  if (options.box == YoloBoxLoss::squared) return 1.0 / size_value(shape[0], type);
  const Value positives = maximum(element(loss.counts, 0), 1.0), negatives = maximum(element(loss.counts, 1), 1.0);
  const double side = static_cast<double>(options.strides[s]) / 416;
  const Value picture = size_value(shape[1] * shape[2], type) * (side * side);  // in pictures of 416 x 416
  const Value box = 0.05 / positives, confidence = 5 * options.balance[s] * picture / (positives + negatives);
  const Value classes = (1.0 / 80) / positives;  // the number of classes cancels
  return stack({box, box, confidence, classes});
}

}  // namespace

YoloLossTerms yolo_loss_terms(std::span<const Value> outputs, std::span<const Value> y_true, const YoloLossOptions& options) {
  check(outputs, y_true, options);
  YoloLossTerms all;
  for (size_t s = 0; s < outputs.size(); ++s) {
    const Value anchors = anchors_of(options.anchors[s], outputs[s].dtype() == DType::f64 ? DType::f64 : DType::f32);
    const YoloLossAttributes attributes{options.strides[s], options.ignore_threshold, options.box};
    const YoloScaleLoss loss = yolo_scale_loss(outputs[s], y_true[s], anchors, attributes);
    const Value terms = loss.terms * weights(loss, y_true[s], s, options);
    all.scales.push_back({element(terms, 0), element(terms, 1), element(terms, 2), element(terms, 3)});
    all.total = s == 0 ? sum(terms) : all.total + sum(terms);
  }
  return all;
}

Value yolo_loss(std::span<const Value> outputs, std::span<const Value> y_true, const YoloLossOptions& options) {
  return yolo_loss_terms(outputs, y_true, options).total;
}

Value yolo_loss(std::span<const Value> outputs_and_y_true, const YoloLossOptions& options) {
  const size_t scales = outputs_and_y_true.size() / 2;
  LAMINA_CHECK(outputs_and_y_true.size() == 2 * scales, "[yolo_loss] got ", outputs_and_y_true.size(),
               " Values: give the outputs of all scales, then as many y_true");
  return yolo_loss(outputs_and_y_true.first(scales), outputs_and_y_true.subspan(scales), options);
}

}  // namespace lamina::losses
