// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/network/training.h"

#include "core/base/check.h"
#include "layers/lamina.h"

namespace lamina::yolov3 {
namespace {

losses::YoloOptions loss_options(const YoloNetwork& network, BoxLoss box) {
  losses::YoloOptions options;
  options.box = box;
  for (const Head& head : network.heads) {
    losses::YoloHead& one = options.heads.emplace_back();
    one.stride = head.stride;
    for (const DarknetAnchor& anchor : head.anchors()) one.anchors.insert(one.anchors.end(), {anchor.width, anchor.height});
    options.ignore_threshold = head.yolo.ignore_threshold;
  }
  return options;
}

losses::YoloLoss loss_of(const std::vector<Value>& inputs, const losses::YoloOptions& options) {
  const std::span<const Value> all(inputs);
  return losses::yolo(all.first(options.heads.size()), all.last(options.heads.size()), options);
}

Metric term(const char* name, int64_t index) {
  return {name, [index](const Value&, const Value& terms) { return slice(terms, -1, index, index + 1); }};
}

}  // namespace

TargetOptions target_options(const YoloNetwork& network) {
  TargetOptions options;
  options.width = network.description.width;
  options.height = network.description.height;
  options.classes = network.classes;
  options.anchors = network.heads.front().yolo.anchors;
  for (const Head& head : network.heads) options.scales.push_back({head.stride, {head.yolo.mask.begin(), head.yolo.mask.end()}});
  return options;
}

Model make_training_model(const YoloNetwork& network, BoxLoss box) {
  const losses::YoloOptions options = loss_options(network, box);
  const TargetOptions targets = target_options(network);
  std::vector<Value> inputs = {network.image}, loss_inputs;
  for (const Head& head : network.heads) loss_inputs.push_back(head.raw);
  for (size_t scale = 0; scale < targets.scales.size(); ++scale) {
    const Extents truth = make_target(targets, targets.scales[scale], 1).extents();
    inputs.push_back(Input({truth[1], truth[2], truth[3], truth[4]}, {.name = text("y_true_", scale)}));
    loss_inputs.push_back(inputs.back());
  }
  // f32 under every policy: sums over all cells do not fit 16 bits.
  const Lambda loss([options](const std::vector<Value>& v) { return loss_of(v, options).total; }, {.name = "yolo_loss", .compute_type = DType::f32});
  const Lambda terms(
      [options](const std::vector<Value>& v) {
        Value total;
        for (const Value& of_head : loss_of(v, options).terms) total = total.exists() ? total + of_head : of_head;
        return reshape(total, Shape{1, 4});
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
