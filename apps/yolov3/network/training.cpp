// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/network/training.h"

#include "apps/yolov3/data/targets.h"
#include "core/base/check.h"
#include "layers/lamina.h"

namespace lamina::yolov3 {
namespace {

losses::YoloLossOptions loss_options(const YoloNetwork& network, YoloBoxLoss box) {
  losses::YoloLossOptions options{.strides = {}};
  options.box = box;
  for (const Head& head : network.heads) {
    options.strides.push_back(head.stride);
    auto& anchors = options.anchors.emplace_back();
    for (const DarknetAnchor& anchor : head.anchors()) anchors.emplace_back(anchor.width, anchor.height);
    options.ignore_threshold = head.yolo.ignore_threshold;
  }
  return options;
}

// (1, 4): each term summed over the scales.
Value terms_of(std::span<const Value> outputs, std::span<const Value> y_true, const losses::YoloLossOptions& options) {
  Value total;
  for (const losses::YoloScaleTerms& scale : losses::yolo_loss_terms(outputs, y_true, options).scales) {
    std::vector<Value> terms;
    for (const Value& one : {scale.xy, scale.wh, scale.confidence, scale.classes}) terms.push_back(reshape(one, {1, 1}));
    const Value of_scale = concat(terms, 1);
    total = total.exists() ? total + of_scale : of_scale;
  }
  return total;
}

Metric term(const char* name, int64_t index) {
  return {name, [index](const Value&, const Value& terms) { return slice(terms, -1, index, index + 1); }};
}

}  // namespace

Model make_training_model(const YoloNetwork& network, YoloBoxLoss box) {
  const losses::YoloLossOptions options = loss_options(network, box);
  const TargetOptions targets = target_options(network.description);
  std::vector<Value> inputs = {network.image}, loss_inputs;
  for (const Head& head : network.heads) loss_inputs.push_back(head.raw);
  for (size_t scale = 0; scale < targets.scales.size(); ++scale) {
    const Extents truth = make_target(targets, targets.scales[scale], 1).extents();
    inputs.push_back(Input({truth[1], truth[2], truth[3], truth[4]}, {.name = text("y_true_", scale)}));
    loss_inputs.push_back(inputs.back());
  }
  // f32 under every policy: sums over all cells do not fit 16 bits.
  const Lambda loss([options](const std::vector<Value>& v) { return losses::yolo_loss(v, options); }, {.name = "yolo_loss", .compute_type = DType::f32});
  const Lambda terms(
      [options](const std::vector<Value>& v) {
        const std::span<const Value> all(v);
        return terms_of(all.first(v.size() / 2), all.last(v.size() / 2), options);
      },
      {.name = "term", .compute_type = DType::f32});
  return Model(inputs, {loss(loss_inputs), terms(loss_inputs)}, "yolov3");
}

Losses training_losses() {
  return {{"yolo_loss", [](Value, Value y_pred) { return y_pred; }}, {"term", no_loss}};
}

Metrics training_metrics() {
  std::vector<MetricSpec> terms;
  for (size_t i = 0; i < kYoloTermNames.size(); ++i) terms.emplace_back(term(kYoloTermNames[i], static_cast<int64_t>(i)));
  return Metrics::by_name({NamedMetrics("term", std::move(terms))});
}

}  // namespace lamina::yolov3
