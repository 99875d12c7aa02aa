// SPDX-License-Identifier: Apache-2.0
// A labelled rectangle in a picture, and one that a network found.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/yolov3/picture/picture.h"

namespace lamina::yolov3 {

// In pixels of the picture; the edges are real numbers, right and bottom lie behind the last pixel covered.
struct Box {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
  int label = 0;           // index into the class names
  bool difficult = false;  // of Pascal VOC: not counted in the mean average precision

  double width() const { return right - left; }
  double height() const { return bottom - top; }
  double area() const { return width() * height(); }
  friend bool operator==(const Box&, const Box&) = default;
};

struct Detection {
  Box box;
  double score = 0;  // objectness times class probability
};

// One picture of a data set with what is in it.
struct Sample {
  std::filesystem::path picture;
  std::vector<Box> boxes;
  PictureSize size;  // upright
};

}  // namespace lamina::yolov3
