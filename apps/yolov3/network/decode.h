// SPDX-License-Identifier: Apache-2.0
// What the outputs of a YOLOv3 network say: boxes and scores, as graph ops that run behind the network.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/graph/value.h"

namespace lamina::yolov3 {

// Widths and heights, in pixels of the network's input, of the anchors of one scale.
using ScaleAnchors = std::vector<std::pair<double, double>>;

struct DecodedBoxes {
  Value boxes;   // (N, B, 4) f32: top, left, bottom, right, relative to the network's input: 0 to 1 from edge to edge
  Value scores;  // (N, B, C) f32: objectness times class probability
};

// One scale: raw (N, GH, GW, A * (5 + C)) holds x, y, w, h, objectness and classes of each anchor of each cell. The centre
// lies sigmoid(x, y) into the cell, the size is exp(w, h) anchors. Boxes are in the order of the cells' rows and columns,
// and of the anchors within. GH, GW and the channels must be numbers; 16-bit floats are decoded in f32.
DecodedBoxes decode_scale(const Value& raw, const ScaleAnchors& anchors, int64_t input_height, int64_t input_width);

// All scales, one behind another: B is the sum of their boxes.
DecodedBoxes decode(std::span<const Value> outputs, std::span<const ScaleAnchors> anchors, int64_t input_height,
                    int64_t input_width);

}  // namespace lamina::yolov3
