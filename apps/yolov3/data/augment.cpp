// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/augment.h"

#include <algorithm>
#include <cmath>

#include "apps/yolov3/data/recolour.h"
#include "core/base/philox.h"

namespace lamina::yolov3 {

View draw_view(const AugmentOptions& options, int64_t canvas_width, int64_t canvas_height, uint64_t seed, int64_t epoch, int64_t sample) {
  const RandomKey key{seed, RandomPurpose::augmentation, static_cast<uint32_t>(sample), static_cast<uint32_t>(epoch)};
  uint64_t next = 0;
  const auto uniform = [&](double low, double high) { return low + (high - low) * static_cast<double>(key.uniform(next++)); };
  const auto factor = [&](double most) {
    const double drawn = uniform(1, most);
    return static_cast<float>(uniform(0, 1) < 0.5 ? drawn : 1 / drawn);
  };
  const auto width = static_cast<double>(canvas_width), height = static_cast<double>(canvas_height);

  View view;
  Placement& place = view.placement;
  const double stretch_x = uniform(1 - options.jitter, 1 + options.jitter), stretch_y = uniform(1 - options.jitter, 1 + options.jitter);
  const double aspect = width / height * stretch_x / stretch_y, scale = uniform(options.smallest, options.largest);
  const double tall = aspect < 1 ? scale * height : std::floor(scale * width) / aspect;
  const double wide = aspect < 1 ? std::floor(tall) * aspect : scale * width;
  place.width = std::max<int64_t>(static_cast<int64_t>(wide), 1);
  place.height = std::max<int64_t>(static_cast<int64_t>(tall), 1);
  place.left = static_cast<int64_t>(uniform(0, width - static_cast<double>(place.width)));
  place.top = static_cast<int64_t>(uniform(0, height - static_cast<double>(place.height)));
  place.mirrored = uniform(0, 1) < options.mirrored;
  view.hue = static_cast<float>(uniform(-options.hue, options.hue));
  view.saturation = factor(options.saturation);
  view.brightness = factor(options.brightness);
  return view;
}

void render_view(const Picture& picture, const View& view, int64_t canvas_width, int64_t canvas_height, std::span<float> canvas) {
  place_picture(picture, view.placement, canvas_width, canvas_height, canvas);
  if (view.recoloured()) recolour(canvas, view.hue, view.saturation, view.brightness);
}

std::vector<Box> boxes_on_canvas(std::span<const Box> boxes, const Picture& picture, const Placement& placement, int64_t canvas_width,
                                 int64_t canvas_height) {
  const double scale_x = static_cast<double>(placement.width) / static_cast<double>(picture.width);
  const double scale_y = static_cast<double>(placement.height) / static_cast<double>(picture.height);
  const auto width = static_cast<double>(canvas_width), height = static_cast<double>(canvas_height);
  std::vector<Box> placed;
  for (Box box : boxes) {
    box.left = std::clamp(box.left * scale_x + static_cast<double>(placement.left), 0.0, width);
    box.right = std::clamp(box.right * scale_x + static_cast<double>(placement.left), 0.0, width);
    box.top = std::clamp(box.top * scale_y + static_cast<double>(placement.top), 0.0, height);
    box.bottom = std::clamp(box.bottom * scale_y + static_cast<double>(placement.top), 0.0, height);
    if (placement.mirrored) {
      std::swap(box.left, box.right);
      box.left = width - box.left, box.right = width - box.right;
    }
    if (box.width() > 1 && box.height() > 1) placed.push_back(box);
  }
  return placed;
}

}  // namespace lamina::yolov3
