// SPDX-License-Identifier: Apache-2.0
// Random pictures of a picture, in the distribution of keras-yolo3's training: size and aspect ratio, place, mirror, colour.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apps/yolov3/data/random_draws.h"
#include "apps/yolov3/data/resample.h"

namespace lamina::yolov3 {

struct AugmentOptions {
  double jitter = 0.3;        // the aspect ratio is the input's, times and by 1 +- this
  double scale_least = 0.25;  // of the input's longer side as the aspect ratio has it
  double scale_most = 2.0;
  double mirror = 0.5;      // probability
  double hue = 0.1;         // +- turns of the colour circle
  double saturation = 1.5;  // times or by up to this
  double value = 1.5;
};

// Throws ErrorKind::usage, naming the option, for one outside of its range.
void check_augment_options(const AugmentOptions& options);

// Added to the hue, and what saturation and value are multiplied by.
struct ColorChange {
  double hue = 0;
  double saturation = 1;
  double value = 1;
};

struct Augmentation {
  Placement placement;
  ColorChange color;
};

// As in keras-yolo3 the picture's own aspect ratio plays no part: it is stretched to about the input's.
Augmentation draw_augmentation(RandomDraws& draws, const AugmentOptions& options, int64_t width, int64_t height);

// In hue, saturation and value; hues wrap, the others end at 1. `image` holds R, G, B, 0 to 1, side by side.
void change_color(const ColorChange& change, std::span<float> image);

// The boxes of a picture as they lie in the input: cut at its edges, and without those of which a pixel or less is left in
// width or height. Edges stay real numbers, where keras-yolo3 cuts them to whole pixels.
std::vector<Box> boxes_in_input(std::span<const Box> boxes, int64_t picture_width, int64_t picture_height,
                                const Placement& placement, int64_t width, int64_t height);

}  // namespace lamina::yolov3
