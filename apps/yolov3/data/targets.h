// SPDX-License-Identifier: Apache-2.0
// Boxes to the numbers that the YOLO loss compares with, as keras-yolo3's preprocess_true_boxes: a box belongs to the anchor
// whose width and height overlap its own best, both centred at one place, and there to the cell that holds its centre.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apps/yolov3/darknet/network.h"
#include "apps/yolov3/data/box.h"
#include "core/tensor/host_tensor.h"

namespace lamina::yolov3 {

// One head: the cells of its grid are stride x stride pixels.
struct TargetScale {
  int64_t stride = 32;
  std::vector<DarknetAnchor> anchors;  // pixels of the input
};

struct TargetLayout {
  int64_t width = 416;  // of the input, multiples of every stride
  int64_t height = 416;
  int64_t classes = 0;
  std::vector<TargetScale> scales;

  // (grid height, grid width, anchors, 5 + classes) of one scale, for `samples` pictures.
  Extents extents(size_t scale, int64_t samples) const;
};

struct TargetCounts {
  int64_t assigned = 0;     // boxes with a place in some scale
  int64_t overwritten = 0;  // boxes that lost theirs to a later one with the same cell and anchor
};

// Writes row `sample` of one tensor per scale, which were zeros: x, y, width, height relative to the input, objectness 1, and a
// 1 for the class. Boxes are in pixels of the input and have an area. An anchor that stands in several scales gets the box in
// each of them. A later box overwrites an earlier one in the same place; the earlier one's class stays set beside.
TargetCounts write_targets(const TargetLayout& layout, std::span<const Box> boxes, int64_t sample, std::span<HostTensor> scales);

// The overlap of two boxes of these sizes whose centres lie on one another.
double centred_overlap(double width, double height, const DarknetAnchor& anchor);

}  // namespace lamina::yolov3
