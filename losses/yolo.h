// SPDX-License-Identifier: Apache-2.0
// The loss of YOLOv3 over all of its scales, for a Lambda layer that is bound by name to the identity:
//
//   Value loss = Lambda([=](const std::vector<Value>& v) { return losses::yolo(first(v), behind(v), options).total; },
//                       {.name = "yolo_loss", .compute_type = DType::f32})({outputs..., y_true...});
//   model.compile({.loss = {{"yolo_loss", [](Value, Value y_pred) { return y_pred; }}}});
//
// kernels/yolo_loss/yolo_loss.h has the formula of one scale.
#pragma once

#include <span>
#include <vector>

#include "core/graph/value.h"
#include "kernels/yolo_loss/yolo_loss.h"

namespace lamina::losses {

struct YoloHead {
  std::vector<double> anchors;  // width and height of each, in pixels of the input
  int64_t stride = 32;          // pixels of the input per cell
};

struct YoloOptions {
  std::vector<YoloHead> heads;    // one per output, in their order
  double ignore_threshold = 0.5;  // keras-yolo3 has 0.5, and 0.7 for tiny
  // squared: the sums of all terms, divided by the batch (keras-yolo3). ciou: each term by what it counts, weighted as in
  // yolo3-tf2: the boxes 0.05; objectness 5 (area / 416^2) and 0.4, 1, 4 from the coarsest head on; classes / 80.
  BoxLoss box = BoxLoss::squared;
};

struct YoloLoss {
  Value total;               // a scalar
  std::vector<Value> terms;  // per head (4): xy, wh, conf, class as they add up to the total
};

// outputs[i] (N, GH, GW, A (5 + C)) and y_true[i] (N, GH, GW, A, 5 + C) of head i. Throws where their numbers differ.
YoloLoss yolo(std::span<const Value> outputs, std::span<const Value> y_true, const YoloOptions& options);

}  // namespace lamina::losses
