// SPDX-License-Identifier: Apache-2.0
// A picture at another size on a canvas, for the network's input.
#pragma once

#include <cstdint>
#include <span>

#include "apps/yolov3/picture/picture.h"

namespace lamina::yolov3 {

// Where a scaled picture lies on a canvas: whole pixels, which may reach over its edges.
struct Placement {
  int64_t left = 0;
  int64_t top = 0;
  int64_t width = 0;
  int64_t height = 0;
  bool mirrored = false;  // the canvas as a whole, left for right, when all is in place
};

// The largest place of the picture's aspect ratio in the middle of the canvas, with sides as keras-yolo3's letterbox_image
// rounds them.
Placement letterboxed(const Picture& picture, int64_t canvas_width, int64_t canvas_height);

inline constexpr float kGrey = 128.0f / 255.0f;

// Fills `canvas` (canvas_height, canvas_width, 3) from 0 to 1 with kGrey and the picture on it, by a triangle filter that
// widens where the picture shrinks: no detail folds over into patterns.
void place_picture(const Picture& picture, const Placement& placement, int64_t canvas_width, int64_t canvas_height,
                   std::span<float> canvas);

}  // namespace lamina::yolov3
