// SPDX-License-Identifier: Apache-2.0
// A data set that the program draws itself: discs, squares and triangles of several colours and sizes on uneven ground. It
// needs no files, and the boxes are exact, so that a first training run can be tried in a minute.
#pragma once

#include <cstdint>

#include "apps/yolov3/data/detection_data.h"

namespace lamina::yolov3 {

struct ShapesOptions {
  uint64_t seed = 0;
  int64_t size = 224;  // pixels, of square pictures
  int64_t train = 160;
  int64_t validation = 32;
  int64_t test = 32;
};

// Classes disc, square, triangle; one to six of them in a picture. Picture i is a function of seed, split and i.
DetectionData make_shapes(const ShapesOptions& options = {});

}  // namespace lamina::yolov3
