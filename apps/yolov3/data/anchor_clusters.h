// SPDX-License-Identifier: Apache-2.0
// Anchors for a data set: k-means over the sizes of its boxes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apps/yolov3/data/anchors.h"
#include "apps/yolov3/data/detection_data.h"

namespace lamina::yolov3 {

// Of every box that is more than a pixel wide and high in an input of width x height, letterboxed.
std::vector<DarknetAnchor> letterboxed_sizes(const PictureSource& pictures, int64_t width, int64_t height);

// `count` anchors, the smallest first, for which the sizes' mean best overlap is large. The distance is 1 - overlap, the
// centres are medians, the best of several starts by k-means++ counts, drawn by `seed`; a cluster that falls empty starts anew
// at the size that is worst served. Ends after a fixed number of rounds at the latest, with the best centres seen. Throws ErrorKind::model where
// there are fewer different sizes than anchors.
std::vector<DarknetAnchor> cluster_anchors(std::span<const DarknetAnchor> sizes, int64_t count, uint64_t seed);

}  // namespace lamina::yolov3
