// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/network/detector.h"

#include <algorithm>

#include "apps/yolov3/network/decode.h"
#include "apps/yolov3/network/detections.h"
#include "apps/yolov3/data/resample.h"
#include "kernels/non_max_suppression/non_max_suppression.h"
#include "layers/function_layer.h"
#include "layers/lamina.h"

namespace lamina::yolov3 {
namespace {

// Outputs: boxes, scores, indices and counts of what is left, all but the first two as i32.
LayerHandle detection_layer(const YoloNetwork& network, const DetectorOptions& options) {
  std::vector<ScaleAnchors> anchors;
  for (const Head& head : network.heads) {
    ScaleAnchors& one = anchors.emplace_back();
    for (const DarknetAnchor& anchor : head.anchors()) one.emplace_back(anchor.width, anchor.height);
  }
  const NonMaxSuppressionAttributes suppression{options.score, options.iou, options.max_per_class};
  const auto detect = [anchors, suppression, height = network.description.height, width = network.description.width](
                          CallContext&, std::span<const Value> raw) -> std::vector<Value> {
    const DecodedBoxes decoded = decode(raw, anchors, height, width);
    const KeptBoxes kept = non_max_suppression(decoded.boxes, decoded.scores, suppression);
    return {decoded.boxes, decoded.scores, kept.indices, kept.counts};
  };
  // f32 under every policy: 16 bits hold a place in the picture to a few pixels only.
  return LayerHandle(make_layer<FunctionLayer>({.name = "detections", .compute_type = DType::f32}, "Detections", detect));
}

Model make_model(const YoloNetwork& network, const DetectorOptions& options) {
  std::vector<Value> raw;
  for (const Head& head : network.heads) raw.push_back(head.raw);
  const std::vector<Value> outputs = detection_layer(network, options).outputs(raw);
  return Model({network.image}, {{"boxes", outputs[0]}, {"scores", outputs[1]}, {"indices", outputs[2]}, {"counts", outputs[3]}}, "detector");
}

}  // namespace

Detector::Detector(const YoloNetwork& network, const DetectorOptions& options, CompileOptions compile)
    : width_(network.description.width), height_(network.description.height), options_(options), model_(make_model(network, options)) {
  model_.compile(std::move(compile));
}

Letterbox Detector::set_into_input(const Picture& picture, std::span<float> canvas) {
  const Letterbox box = letterbox(picture.height, picture.width, height_, width_);
  if (options_.darknet_letterbox) {
    if (!darknet_letterbox_ || !(darknet_letterbox_->box() == box)) darknet_letterbox_.emplace(box, model_.device());
    darknet_letterbox_->set(picture, canvas);
  } else {
    place_picture(picture, letterboxed(picture.width, picture.height, width_, height_), width_, height_, canvas);
  }
  return box;
}

std::vector<std::vector<Detection>> Detector::detect(std::span<const Picture> pictures) {
  const auto count = static_cast<int64_t>(pictures.size());
  if (count == 0) return {};
  HostTensor images(DType::f32, {count, height_, width_, 3});
  const size_t pixels = static_cast<size_t>(height_ * width_) * 3;
  std::vector<Letterbox> boxes;
  for (int64_t i = 0; i < count; ++i) {
    const Picture& picture = pictures[static_cast<size_t>(i)];
    const std::span<float> canvas = images.as<float>().subspan(static_cast<size_t>(i) * pixels, pixels);
    boxes.push_back(set_into_input(picture, canvas));
  }
  TensorMap found = model_.predict_all(images, {.batch_size = count});
  const RawDetections raw{found.at("boxes"), found.at("scores"), found.at("indices"), found.at("counts")};
  std::vector<std::vector<Detection>> detections;
  for (int64_t i = 0; i < count; ++i) {
    std::vector<Detection>& one = detections.emplace_back(detections_of(raw, i, boxes[static_cast<size_t>(i)]));
    std::stable_sort(one.begin(), one.end(), [](const Detection& a, const Detection& b) { return a.score > b.score; });
  }
  return detections;
}

}  // namespace lamina::yolov3
