// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/picture/resample.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

// What makes one pixel of the canvas along one axis: weights of the pixels [first, first + count) of the picture.
struct Taps {
  int64_t first = 0;
  int64_t count = 0;
  size_t weights = 0;  // where they begin in Axis::weights
};

struct Axis {
  int64_t begin = 0;  // the pixels of the canvas that the picture covers
  int64_t end = 0;
  std::vector<Taps> taps;  // of each
  std::vector<float> weights;
};

// A triangle of half-width max(1, from / to) pixels of the picture around each centre, its sum 1.
Axis make_axis(int64_t from, int64_t to, int64_t start, int64_t canvas) {
  Axis axis{std::clamp<int64_t>(start, 0, canvas), std::clamp<int64_t>(start + to, 0, canvas), {}, {}};
  const double step = static_cast<double>(from) / static_cast<double>(to), reach = std::max(1.0, step);
  for (int64_t at = axis.begin; at < axis.end; ++at) {
    const double centre = (static_cast<double>(at - start) + 0.5) * step;
    const auto first = std::max<int64_t>(static_cast<int64_t>(std::floor(centre - reach + 0.5)), 0);
    const auto last = std::min<int64_t>(static_cast<int64_t>(std::ceil(centre + reach - 0.5)), from);
    Taps taps{first, last - first, axis.weights.size()};
    double total = 0;
    for (int64_t i = first; i < last; ++i) total += std::max(0.0, 1 - std::abs(static_cast<double>(i) + 0.5 - centre) / reach);
    for (int64_t i = first; i < last; ++i) {
      axis.weights.push_back(static_cast<float>(std::max(0.0, 1 - std::abs(static_cast<double>(i) + 0.5 - centre) / reach) / total));
    }
    axis.taps.push_back(taps);
  }
  return axis;
}

// One row of the picture at the canvas' columns: (columns, 3), still from 0 to 255.
void resample_row(const uint8_t* row, const Axis& columns, float* out) {
  for (size_t column = 0; column < columns.taps.size(); ++column) {
    const Taps& taps = columns.taps[column];
    const float* const weights = columns.weights.data() + taps.weights;
    float red = 0, green = 0, blue = 0;
    const uint8_t* pixel = row + 3 * taps.first;
    for (int64_t i = 0; i < taps.count; ++i, pixel += 3) {
      red += weights[i] * static_cast<float>(pixel[0]);
      green += weights[i] * static_cast<float>(pixel[1]);
      blue += weights[i] * static_cast<float>(pixel[2]);
    }
    out[3 * column] = red, out[3 * column + 1] = green, out[3 * column + 2] = blue;
  }
}

void mirror_rows(std::span<float> canvas, int64_t width, int64_t height) {
  for (int64_t row = 0; row < height; ++row) {
    float* const line = canvas.data() + row * width * 3;
    for (int64_t left = 0, right = width - 1; left < right; ++left, --right) std::swap_ranges(line + 3 * left, line + 3 * left + 3, line + 3 * right);
  }
}

}  // namespace

Placement letterboxed(const Picture& picture, int64_t canvas_width, int64_t canvas_height) {
  const double scale = std::min(static_cast<double>(canvas_width) / static_cast<double>(picture.width),
                                static_cast<double>(canvas_height) / static_cast<double>(picture.height));
  Placement placement;
  placement.width = std::max<int64_t>(static_cast<int64_t>(static_cast<double>(picture.width) * scale), 1);
  placement.height = std::max<int64_t>(static_cast<int64_t>(static_cast<double>(picture.height) * scale), 1);
  placement.left = (canvas_width - placement.width) / 2;
  placement.top = (canvas_height - placement.height) / 2;
  return placement;
}

void place_picture(const Picture& picture, const Placement& placement, int64_t canvas_width, int64_t canvas_height,
                   std::span<float> canvas) {
  LAMINA_ASSERT(static_cast<int64_t>(canvas.size()) == canvas_width * canvas_height * 3 && placement.width > 0 && placement.height > 0, "");
  std::fill(canvas.begin(), canvas.end(), kGrey);
  const Axis rows = make_axis(picture.height, placement.height, placement.top, canvas_height);
  const Axis columns = make_axis(picture.width, placement.width, placement.left, canvas_width);
  if (rows.taps.empty() || columns.taps.empty()) return;
  const auto width = static_cast<int64_t>(columns.taps.size()) * 3;
  // The picture's rows that any row of the canvas reads, each resampled once.
  const int64_t first = rows.taps.front().first, last = rows.taps.back().first + rows.taps.back().count;
  std::vector<float> narrow(static_cast<size_t>((last - first) * width));
  for (int64_t row = first; row < last; ++row) {
    resample_row(picture.rgb.data() + row * picture.width * 3, columns, narrow.data() + (row - first) * width);
  }
  for (int64_t row = rows.begin; row < rows.end; ++row) {
    const Taps& taps = rows.taps[static_cast<size_t>(row - rows.begin)];
    float* const out = canvas.data() + (row * canvas_width + columns.begin) * 3;
    std::fill(out, out + width, 0.0f);
    for (int64_t i = 0; i < taps.count; ++i) {
      const float weight = rows.weights[taps.weights + static_cast<size_t>(i)] * (1.0f / 255.0f);
      const float* const from = narrow.data() + (taps.first + i - first) * width;
      for (int64_t x = 0; x < width; ++x) out[x] += weight * from[x];
    }
  }
  if (placement.mirrored) mirror_rows(canvas, canvas_width, canvas_height);
}

}  // namespace lamina::yolov3
