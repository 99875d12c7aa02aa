// SPDX-License-Identifier: Apache-2.0
// Selections instead of branches, over planes instead of pixels, so that the loops vectorise: this runs beside the training.
#include "apps/yolov3/data/recolour.h"

#include <algorithm>
#include <cstddef>

namespace lamina::yolov3 {
namespace {

constexpr size_t kBlock = 256;  // pixels at a time

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define LAMINA_VECTOR_WIDTHS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LAMINA_VECTOR_WIDTHS
#endif

// One channel back from (hue in sixths, value, value * saturation); `turn` is 5 for red, 3 for green, 1 for blue.
__attribute__((always_inline)) inline float channel(float turn, float sixths, float value, float chroma) {
  float at = turn + sixths;
  at = at >= 6.0f ? at - 6.0f : at;
  const float falling = 4.0f - at;
  const float nearest = at < falling ? at : falling;
  const float share = nearest < 0.0f ? 0.0f : nearest > 1.0f ? 1.0f : nearest;
  return value - chroma * share;
}

LAMINA_VECTOR_WIDTHS
void recolour_planes(float* red, float* green, float* blue, float turn, float saturation, float brightness) {
#pragma GCC ivdep
  for (size_t i = 0; i < kBlock; ++i) {
    const float r = red[i], g = green[i], b = blue[i];
    const float most = r > g ? (r > b ? r : b) : (g > b ? g : b);
    const float least = r < g ? (r < b ? r : b) : (g < b ? g : b);
    const float spread = most - least, per_spread = 1.0f / (spread > 0.0f ? spread : 1.0f);
    // Sixths of a turn, from 0 to 6; grey stays at 0, where it does not matter.
    float sixths = most == r ? (g - b) * per_spread : most == g ? 2.0f + (b - r) * per_spread : 4.0f + (r - g) * per_spread;
    sixths += turn;
    sixths = sixths < 0.0f ? sixths + 6.0f : sixths;
    sixths = sixths < 0.0f ? sixths + 6.0f : sixths;
    sixths = sixths >= 6.0f ? sixths - 6.0f : sixths;
    float saturated = saturation * spread / (most > 0.0f ? most : 1.0f);
    saturated = saturated > 1.0f ? 1.0f : saturated;
    float value = most * brightness;
    value = value > 1.0f ? 1.0f : value;
    const float chroma = value * saturated;
    red[i] = channel(5.0f, sixths, value, chroma);
    green[i] = channel(3.0f, sixths, value, chroma);
    blue[i] = channel(1.0f, sixths, value, chroma);
  }
}

}  // namespace

void recolour(std::span<float> pixels, float hue, float saturation, float brightness) {
  float red[kBlock] = {}, green[kBlock] = {}, blue[kBlock] = {};
  const size_t count = pixels.size() / 3;
  for (size_t first = 0; first < count; first += kBlock) {
    const size_t here = std::min(kBlock, count - first);
    float* const at = pixels.data() + 3 * first;
    for (size_t i = 0; i < here; ++i) red[i] = at[3 * i], green[i] = at[3 * i + 1], blue[i] = at[3 * i + 2];
    recolour_planes(red, green, blue, hue * 6.0f, saturation, brightness);
    for (size_t i = 0; i < here; ++i) at[3 * i] = red[i], at[3 * i + 1] = green[i], at[3 * i + 2] = blue[i];
  }
}

}  // namespace lamina::yolov3
