// SPDX-License-Identifier: Apache-2.0
// Finds things in pictures: the network, its outputs decoded, and overlapping boxes suppressed, as one plan.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/yolov3/data/box.h"
#include "apps/yolov3/network/darknet_letterbox.h"
#include "apps/yolov3/network/yolo_network.h"
#include "apps/yolov3/picture/picture.h"
#include "layers/model.h"

namespace lamina::yolov3 {

struct DetectorOptions {
  double score = 0.3;           // lower ones are left out
  double iou = 0.45;            // boxes of a class that overlap a better one by more are left out
  int64_t max_per_class = 100;
  bool darknet_letterbox = false;  // pictures set into the input by darknet's rule, else as in training
};

class Detector {
 public:
  // Shares the weights of `network`. `compile` says device, threads, policy and whether to fuse.
  Detector(const YoloNetwork& network, const DetectorOptions& options, CompileOptions compile);

  // Of each picture the boxes in its own pixels, by falling score.
  std::vector<std::vector<Detection>> detect(std::span<const Picture> pictures);

 private:
  // Writes the network's input (height, width, 3) for one picture; returns where it lies there.
  Letterbox set_into_input(const Picture& picture, std::span<float> canvas);

  int64_t width_, height_;
  DetectorOptions options_;
  Model model_;
  std::optional<DarknetLetterbox> darknet_letterbox_;  // of the last picture's size
};

}  // namespace lamina::yolov3
