// SPDX-License-Identifier: Apache-2.0
// YOLOv3 (darknet-53 and three heads, 107 layers) and YOLOv3-tiny (two heads, 24 layers) as darknet's standard files have
// them. cfg_text() turns them into files for darknet.
#pragma once

#include <cstdint>
#include <span>

#include "apps/yolov3/darknet/network.h"

namespace lamina::yolov3 {

// `anchors` are 9, in pixels, the smallest first; size x size pixels are read, a multiple of 32. Throws ErrorKind::usage for
// another number of anchors, one that is not above 0, another size, or fewer classes than one.
DarknetNetwork yolov3_network(int64_t classes, std::span<const DarknetAnchor> anchors, int64_t size);

// The same with 6 anchors. The fine head has anchors 0, 1, 2 as the standard file says; that file's published weights, and
// keras-yolo3, have 1, 2, 3 there.
DarknetNetwork yolov3_tiny_network(int64_t classes, std::span<const DarknetAnchor> anchors, int64_t size);

// The anchors of the standard files, found on COCO at 416 x 416.
std::vector<DarknetAnchor> yolov3_anchors();
std::vector<DarknetAnchor> yolov3_tiny_anchors();

}  // namespace lamina::yolov3
