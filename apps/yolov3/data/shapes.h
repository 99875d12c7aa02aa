// SPDX-License-Identifier: Apache-2.0
// A data set that the program draws itself: circles, squares and triangles in several colours and sizes on textured
// backgrounds. No files; picture i of a split is a function of (seed, split, i).
#pragma once

#include <cstdint>

#include "apps/yolov3/data/detection_data.h"

namespace lamina::yolov3 {

struct ShapesOptions {
  uint64_t seed = 0;
  int64_t size = 128;  // pixels of a picture's side, 32 or more
  int64_t train = 200;
  int64_t validation = 50;
  int64_t test = 50;
  int64_t max_shapes = 5;  // in a picture, 1 or more; they do not touch
};

// Classes "circle", "square", "triangle"; a box touches the outermost pixels of its shape exactly. Throws ErrorKind::usage
// for options outside of their range.
DetectionData make_shapes(const ShapesOptions& options = {});

}  // namespace lamina::yolov3
