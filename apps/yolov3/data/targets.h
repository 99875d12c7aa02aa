// SPDX-License-Identifier: Apache-2.0
// What a network should say of a picture: keras-yolo3's preprocess_true_boxes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apps/yolov3/darknet/network.h"
#include "apps/yolov3/data/box.h"
#include "core/tensor/host_tensor.h"

namespace lamina::yolov3 {

// One output of the network: cells of stride x stride pixels of the input.
struct ScaleGrid {
  int64_t stride = 32;
  std::vector<int> anchors;  // indices into all anchors
  friend bool operator==(const ScaleGrid&, const ScaleGrid&) = default;
};

struct TargetOptions {
  int64_t width = 416;  // of the input, in pixels
  int64_t height = 416;
  int64_t classes = 1;
  std::vector<DarknetAnchor> anchors;  // in pixels of the input
  std::vector<ScaleGrid> scales;       // in the order of the network's heads
  int64_t max_boxes = 100;             // of one picture; those behind are left out
};

// The input, classes, anchors and masks of a network's [yolo] layers; without one there are no scales. Throws ErrorKind::model
// where two of them have different anchors: a box goes to the best of all.
TargetOptions target_options(const DarknetNetwork& network);

// Throws ErrorKind::usage for sizes that are no multiple of each stride, anchors or classes that are none, and indices of
// anchors that do not exist or are twice in one scale.
void check_target_options(const TargetOptions& options);

// (samples, height / stride, width / stride, anchors, 5 + classes), f32 of zeros.
HostTensor make_target(const TargetOptions& options, const ScaleGrid& scale, int64_t samples);

struct TargetCounts {
  int64_t boxes = 0;                    // given
  std::vector<int64_t> boxes_of_scale;  // written, those that were overwritten too
  int64_t overwritten = 0;              // lost x, y, w, h to a later box of the same cell and anchor
  int64_t without_anchor = 0;           // their best anchor is of no scale
  int64_t beyond_max = 0;

  TargetCounts& operator+=(const TargetCounts& other);
  friend bool operator==(const TargetCounts&, const TargetCounts&) = default;
};

// Writes the targets of one picture; `targets` are its zeros in the tensor of each scale. A box goes to the anchor of the
// largest overlap, at every scale that has this anchor, in the cell of its centre: x, y, w, h relative to the input,
// objectness 1, and 1 for its class. A later box takes the place of an earlier one; its class is added. The centre is the
// true one, where keras-yolo3 cuts it to whole pixels. `boxes` lie in the input, in its pixels, and have area.
TargetCounts write_targets(std::span<const Box> boxes, const TargetOptions& options, std::span<const std::span<float>> targets);

}  // namespace lamina::yolov3
