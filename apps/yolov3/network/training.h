// SPDX-License-Identifier: Apache-2.0
// The model that is trained: pictures and truths in, the loss that a Lambda layer computes out, as in keras-yolo3.
#pragma once

#include <array>

#include "apps/yolov3/network/yolo_network.h"
#include "layers/model.h"
#include "losses/yolo.h"

namespace lamina::yolov3 {

inline constexpr std::array<const char*, 4> kYoloTermNames = {"xy", "wh", "conf", "class"};

// Inputs "image" and "y_true_0", ..., as DetectionDataset has them. Outputs "yolo_loss", a scalar, and "term" (1, 4): xy, wh, conf and class,
// summed over the heads, which are reported and not trained.
Model make_training_model(const YoloNetwork& network, YoloBoxLoss box = YoloBoxLoss::squared);

// For compile: the identity for "yolo_loss", none for "term", and its four numbers as metrics term_xy, term_wh, ...
Losses training_losses();
Metrics training_metrics();

}  // namespace lamina::yolov3
