// SPDX-License-Identifier: Apache-2.0
// From what the graph computed for a batch to the detections in one picture of it.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/yolov3/data/box.h"
#include "core/tensor/host_tensor.h"
#include "kernels/resize2d/resize2d.h"

namespace lamina::yolov3 {

// The results of decode and non_max_suppression.
struct RawDetections {
  HostTensor boxes;    // (N, B, 4) f32
  HostTensor scores;   // (N, B, C) f32
  HostTensor indices;  // (N, C, K) i32
  HostTensor counts;   // (N, C) i32
};

// The detections in picture `picture` of the batch, which `letterbox` set into the network's input: boxes in pixels of the
// picture, cut at its edges; class by class, in each by falling score. A box with nothing inside the picture is left out.
// Throws ErrorKind::model where the tensors do not fit each other.
std::vector<Detection> detections_of(const RawDetections& raw, int64_t picture, const Letterbox& letterbox);

}  // namespace lamina::yolov3
