// SPDX-License-Identifier: Apache-2.0
// The loss of YOLOv3 over all scales, of keras-yolo3 (squared errors of the boxes) or yolo3-tf2 (CIoU). It reads several
// outputs and several y_true at once, so it is no .loss = of one output but a Lambda, whose output is the loss:
//
//   const Value loss = Lambda([options](const std::vector<Value>& v) { return losses::yolo_loss(v, options); },
//                             {.name = "yolo_loss", .compute_type = DType::f32})({y1, y2, y3, t1, t2, t3});
//   model.compile({.loss = {{"yolo_loss", [](Value, Value y_pred) { return y_pred; }}}});
//
// compute_type keeps y_true as it is fed: 16 bits do not hold the places of objects.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "kernels/yolo_loss/yolo_loss.h"

namespace lamina::losses {

struct YoloLossOptions {
  std::vector<std::vector<std::pair<double, double>>> anchors = {};  // per scale: width, height in pixels of the input
  std::vector<int64_t> strides = {32, 16, 8};                        // per scale: pixels of the input per cell
  double ignore_threshold = 0.5;                                     // keras-yolo3 takes 0.7 for its tiny model
  YoloBoxLoss box = YoloBoxLoss::squared;
  std::vector<double> balance = {0.4, 1.0, 4.0};                     // ciou: weight of the confidence, per scale
};

// Of one scale, weighted and normalised as in the total. With ciou all of the box is in xy, and wh is 0.
struct YoloScaleTerms {
  Value xy, wh, confidence, classes;
};

struct YoloLossTerms {
  Value total;  // their sum
  std::vector<YoloScaleTerms> scales;
};

// All scalars, f32 (f64 where the outputs are). Per scale s, outputs[s] (N, rows, columns, A (5 + C)) holds logits and y_true[s]
// (N, rows, columns, A, 5 + C) f32 the objects: kernels/yolo_loss/yolo_loss.h has shapes, formula and what NaN does.
//
//   squared   terms / N
//   ciou      box .05 / P;  confidence 5 balance (H W / 416^2) / (P + Q);  classes (C / 80) / (P C)
//
// with P predictions that have an object and Q that count as having none, each at least 1, over the whole batch. The input of
// the network has H = rows x stride and W = columns x stride pixels, so that batches may differ in size. Throws where counts
// or shapes do not go together.
YoloLossTerms yolo_loss_terms(std::span<const Value> outputs, std::span<const Value> y_true, const YoloLossOptions& options);

// Its total.
Value yolo_loss(std::span<const Value> outputs, std::span<const Value> y_true, const YoloLossOptions& options);

// The same for a Lambda: first the outputs of all scales, then their y_true.
Value yolo_loss(std::span<const Value> outputs_and_y_true, const YoloLossOptions& options);

}  // namespace lamina::losses
