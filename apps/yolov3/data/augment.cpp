// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/augment.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

constexpr double kLeastSide = 1;  // a box in the input is wider and higher than this, in pixels

void check_range(const char* name, double value, double least, double most) {
  if (value >= least && value <= most) return;
  throw Error(ErrorKind::usage, text("augmentation: ", name, " is ", value, ", expected ", least, " to ", most));
}

// Between 1 and `most`, or by as much smaller.
double times_or_by(RandomDraws& draws, double most) {
  const bool times = draws.chance(0.5);
  const double factor = draws.uniform(1, most);
  return times ? factor : 1 / factor;
}

// A place for `extent` pixels on an axis of `size`, cut towards zero.
int64_t place_on(RandomDraws& draws, int64_t extent, int64_t size) {
  return static_cast<int64_t>(draws.uniform(0, static_cast<double>(size - extent)));
}

// One channel of a colour of the given hue, in sixths of a turn from 0 to 6: `sector` is 5, 3 and 1 for R, G and B.
inline float channel(float sector, float hue, float value, float chroma) {
  float k = sector + hue;
  k = k >= 6.0f ? k - 6.0f : k;
  return value - chroma * std::max(0.0f, std::min(std::min(k, 4.0f - k), 1.0f));
}

constexpr size_t kStrip = 64;  // pixels whose channels are taken apart at a time

// r, g, b: kStrip each. No branches, so that the compiler makes vectors of it.
void change_strip(float turn, float saturation, float value, float* r, float* g, float* b) {
  for (size_t i = 0; i < kStrip; ++i) {
    const float most = std::max(std::max(r[i], g[i]), b[i]), least = std::min(std::min(r[i], g[i]), b[i]);
    const float range = most - least;
    const float per_range = range > 0 ? 1.0f / range : 0.0f;
    const float from_red = (g[i] - b[i]) * per_range;  // -1 to 1
    const float from_green = (b[i] - r[i]) * per_range + 2.0f;
    const float from_blue = (r[i] - g[i]) * per_range + 4.0f;
    float hue = most == r[i] ? from_red : most == g[i] ? from_green : from_blue;
    hue += turn;
    hue = hue < 0.0f ? hue + 6.0f : hue;
    hue = hue >= 6.0f ? hue - 6.0f : hue;
    const float old_saturation = most > 0 ? range / most : 0.0f;
    const float new_value = std::min(most * value, 1.0f);
    const float chroma = new_value * std::min(old_saturation * saturation, 1.0f);
    r[i] = channel(5.0f, hue, new_value, chroma);
    g[i] = channel(3.0f, hue, new_value, chroma);
    b[i] = channel(1.0f, hue, new_value, chroma);
  }
}

}  // namespace

void check_augment_options(const AugmentOptions& options) {
  check_range("jitter", options.jitter, 0, 0.9);
  check_range("scale_least", options.scale_least, 0.01, 10);
  check_range("scale_most", options.scale_most, options.scale_least, 10);
  check_range("mirror", options.mirror, 0, 1);
  check_range("hue", options.hue, 0, 0.5);
  check_range("saturation", options.saturation, 1, 100);
  check_range("value", options.value, 1, 100);
}

Augmentation draw_augmentation(RandomDraws& draws, const AugmentOptions& options, int64_t width, int64_t height) {
  const auto input_width = static_cast<double>(width), input_height = static_cast<double>(height);
  Augmentation result;
  Placement& placement = result.placement;
  const double across = draws.uniform(1 - options.jitter, 1 + options.jitter);
  const double down = draws.uniform(1 - options.jitter, 1 + options.jitter);
  const double aspect = input_width / input_height * across / down;
  const double scale = draws.uniform(options.scale_least, options.scale_most);
  if (aspect < 1) {
    placement.height = static_cast<int64_t>(scale * input_height);
    placement.width = static_cast<int64_t>(static_cast<double>(placement.height) * aspect);
  } else {
    placement.width = static_cast<int64_t>(scale * input_width);
    placement.height = static_cast<int64_t>(static_cast<double>(placement.width) / aspect);
  }
  placement.width = std::max<int64_t>(placement.width, 1);
  placement.height = std::max<int64_t>(placement.height, 1);
  placement.left = place_on(draws, placement.width, width);
  placement.top = place_on(draws, placement.height, height);
  placement.mirrored = draws.chance(options.mirror);
  result.color.hue = draws.uniform(-options.hue, options.hue);
  result.color.saturation = times_or_by(draws, options.saturation);
  result.color.value = times_or_by(draws, options.value);
  return result;
}

void change_color(const ColorChange& change, std::span<float> image) {
  const auto turn = static_cast<float>(6 * change.hue);
  float r[kStrip] = {}, g[kStrip] = {}, b[kStrip] = {};
  for (size_t at = 0; at < image.size(); at += 3 * kStrip) {
    const size_t count = std::min(kStrip, (image.size() - at) / 3);
    float* pixels = image.data() + at;
    for (size_t i = 0; i < count; ++i) r[i] = pixels[3 * i], g[i] = pixels[3 * i + 1], b[i] = pixels[3 * i + 2];
    change_strip(turn, static_cast<float>(change.saturation), static_cast<float>(change.value), r, g, b);
    for (size_t i = 0; i < count; ++i) pixels[3 * i] = r[i], pixels[3 * i + 1] = g[i], pixels[3 * i + 2] = b[i];
  }
}

std::vector<Box> boxes_in_input(std::span<const Box> boxes, int64_t picture_width, int64_t picture_height,
                                const Placement& placement, int64_t width, int64_t height) {
  std::vector<Box> inside;
  for (const Box& box : boxes) {
    Box placed = place_box(box, picture_width, picture_height, placement, width);
    placed.left = std::max(placed.left, 0.0);
    placed.top = std::max(placed.top, 0.0);
    placed.right = std::min(placed.right, static_cast<double>(width));
    placed.bottom = std::min(placed.bottom, static_cast<double>(height));
    if (placed.width() > kLeastSide && placed.height() > kLeastSide) inside.push_back(placed);
  }
  return inside;
}

}  // namespace lamina::yolov3
