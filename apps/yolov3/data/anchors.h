// SPDX-License-Identifier: Apache-2.0
// Anchors: the box sizes that a network predicts relative to.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/yolov3/darknet/network.h"

namespace lamina::yolov3 {

// "10,13, 16,30": numbers with commas or blanks between them, a width and a height in turn. Throws ErrorKind::usage unless
// they are `count` pairs (any number if 0) of finite numbers above 0.
std::vector<DarknetAnchor> parse_anchors(std::string_view text, size_t count = 0);
std::string anchors_text(std::span<const DarknetAnchor> anchors);  // what parse_anchors reads, one decimal at most

// Whether each anchor's area is at least that of the one before; scales expect it.
bool sorted_by_area(std::span<const DarknetAnchor> anchors);

// Intersection over union of two sizes about one centre.
double size_overlap(const DarknetAnchor& a, const DarknetAnchor& b);

// The anchor of the largest overlap with `size`; the first of equals. There must be an anchor.
size_t best_anchor(std::span<const DarknetAnchor> anchors, const DarknetAnchor& size);

// The mean over `sizes` of their overlap with their best anchor; 0 where there are none.
double mean_best_overlap(std::span<const DarknetAnchor> anchors, std::span<const DarknetAnchor> sizes);

}  // namespace lamina::yolov3
