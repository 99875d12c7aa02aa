// SPDX-License-Identifier: Apache-2.0
// Random views of labelled pictures, as keras-yolo3's get_random_data draws them: stretched, scaled, moved, mirrored, and with
// other hue, saturation and brightness. A view is a function of (seed, epoch, sample) alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apps/yolov3/data/box.h"
#include "apps/yolov3/picture/picture.h"
#include "apps/yolov3/picture/resample.h"

namespace lamina::yolov3 {

struct AugmentOptions {
  double jitter = 0.3;       // the aspect ratio is multiplied by a quotient of two numbers from 1 - jitter to 1 + jitter
  double smallest = 0.25;    // of the canvas' side
  double largest = 2;
  double mirrored = 0.5;     // probability
  double hue = 0.1;          // added, in turns: -hue to hue
  double saturation = 1.5;   // multiplied or divided by 1 to this
  double brightness = 1.5;
};

// What was drawn for one view.
struct View {
  Placement placement;
  float hue = 0;  // turns
  float saturation = 1;
  float brightness = 1;
  bool recoloured() const { return hue != 0 || saturation != 1 || brightness != 1; }
};

View draw_view(const AugmentOptions& options, int64_t canvas_width, int64_t canvas_height, uint64_t seed, int64_t epoch, int64_t sample);

// The picture under a view: (canvas_height, canvas_width, 3) from 0 to 1.
void render_view(const Picture& picture, const View& view, int64_t canvas_width, int64_t canvas_height, std::span<float> canvas);

// Boxes of the picture as they lie on the canvas, cut at its edges; those of which a pixel or less is left in one direction
// are dropped.
std::vector<Box> boxes_on_canvas(std::span<const Box> boxes, const Picture& picture, const Placement& placement, int64_t canvas_width,
                                 int64_t canvas_height);

}  // namespace lamina::yolov3
