// SPDX-License-Identifier: Apache-2.0
// Anchors that fit a data set: k-means over the sizes of its boxes with 1 - overlap as the distance (Redmon and Farhadi 2017).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/yolov3/darknet/network.h"
#include "apps/yolov3/data/detection_data.h"

namespace lamina::yolov3 {

struct BoxSize {
  double width = 0;
  double height = 0;
};

// The sizes of all boxes as a letterboxed input of `size` x `size` pixels shows them. Reads every picture that has boxes.
std::vector<BoxSize> box_sizes(const PictureSource& pictures, int64_t size);

// `count` anchors, the smallest area first, starting from sizes that are drawn far from each other by `seed` (k-means++) and
// moved to the medians of what is nearest to them. Always ends; throws where there are fewer different sizes than anchors.
std::vector<DarknetAnchor> fit_anchors(const std::vector<BoxSize>& sizes, int count, uint64_t seed);

// The mean over the boxes of their best overlap with an anchor.
double mean_best_overlap(const std::vector<BoxSize>& sizes, const std::vector<DarknetAnchor>& anchors);

// "10,13, 16,30, ...": throws ErrorKind::usage for another count than `count`, and for what is no number above 0.
std::vector<DarknetAnchor> parse_anchors(const std::string& words, int count);
std::string anchors_text(const std::vector<DarknetAnchor>& anchors);

}  // namespace lamina::yolov3
