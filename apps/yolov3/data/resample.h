// SPDX-License-Identifier: Apache-2.0
// Setting a picture into a network's input: scaled, at a place, the rest grey.
#pragma once

#include <cstdint>
#include <span>

#include "apps/yolov3/data/box.h"
#include "apps/yolov3/picture/picture.h"

namespace lamina::yolov3 {

inline constexpr float kFill = 128.0f / 255.0f;  // around the picture

// The rectangle of the input, in its pixels, that the whole picture is scaled to. It may reach beyond the input.
struct Placement {
  int64_t left = 0;
  int64_t top = 0;
  int64_t width = 1;
  int64_t height = 1;
  bool mirrored = false;  // the input is mirrored left to right after the picture is placed
  friend bool operator==(const Placement&, const Placement&) = default;
};

// The picture's aspect ratio kept, as large as fits, in the middle: kernels/resize2d's letterbox, by its rule.
Placement letterboxed(int64_t picture_width, int64_t picture_height, int64_t width, int64_t height);

// Writes the input (height, width, 3), values 0 to 1. Bilinear between the centres of pixels; where the picture shrinks, the
// triangle is as wide as the pixels it makes one of, as in PIL, so that small things fade instead of flickering.
void place_picture(const Picture& picture, const Placement& placement, int64_t width, int64_t height, std::span<float> image);

// The same for a box; not cut at the input's edges.
Box place_box(const Box& box, int64_t picture_width, int64_t picture_height, const Placement& placement, int64_t width);

}  // namespace lamina::yolov3
