// SPDX-License-Identifier: Apache-2.0
// Two passes: down the columns, where neighbouring numbers share their weights and the compiler makes vectors of them, then
// along the rows. Only what the input shows is computed.
#include "apps/yolov3/data/resample.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "kernels/resize2d/resize2d.h"

namespace lamina::yolov3 {
namespace {

constexpr int kChannels = 3;

// The picture's pixels that make one pixel of the input, and their weights, which sum to 1.
struct Taps {
  int64_t first = 0;
  int64_t count = 0;
  size_t weights = 0;  // of the first, in TapTable::weights
};

// Of the pixels [begin, end) of one axis of the input, those that the picture covers.
struct TapTable {
  int64_t begin = 0;
  int64_t end = 0;
  std::vector<Taps> taps;  // of begin, begin + 1, ...
  std::vector<float> weights;

  // The pixels of the picture that any of them reads: [first, last).
  std::pair<int64_t, int64_t> read() const { return {taps.front().first, taps.back().first + taps.back().count}; }
};

// `from` pixels are scaled to `to`, of which the first lies at `place` of an input of `size`.
TapTable make_taps(int64_t from, int64_t to, int64_t place, int64_t size) {
  TapTable table{std::max<int64_t>(place, 0), std::min(place + to, size), {}, {}};
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double reach = std::max(scale, 1.0);  // half of the triangle's base
  for (int64_t pixel = table.begin; pixel < table.end; ++pixel) {
    const double centre = (static_cast<double>(pixel - place) + 0.5) * scale;
    const auto first = std::clamp<int64_t>(static_cast<int64_t>(std::ceil(centre - reach - 0.5)), 0, from - 1);
    const auto last = std::clamp<int64_t>(static_cast<int64_t>(std::floor(centre + reach - 0.5)), first, from - 1);
    Taps taps{first, last - first + 1, table.weights.size()};
    double sum = 0;
    for (int64_t at = first; at <= last; ++at) {
      const double weight = std::max(0.0, 1 - std::abs(static_cast<double>(at) + 0.5 - centre) / reach);
      table.weights.push_back(static_cast<float>(weight));
      sum += weight;
    }
    for (size_t i = taps.weights; i < table.weights.size(); ++i) table.weights[i] /= static_cast<float>(sum);
    table.taps.push_back(taps);
  }
  return table;
}

// One row of sums over the picture's rows of `taps`: `count` numbers, scaled by 1/255, from column offset `offset`.
void blend_rows(const Picture& picture, const Taps& taps, const float* weights, size_t offset, size_t count, float* sums) {
  std::fill_n(sums, count, 0.0f);
  for (int64_t row = 0; row < taps.count; ++row) {
    const float weight = weights[row] * (1.0f / 255.0f);
    const uint8_t* from = picture.rgb.data() + static_cast<size_t>((taps.first + row) * picture.width * kChannels) + offset;
    for (size_t i = 0; i < count; ++i) sums[i] += weight * static_cast<float>(from[i]);
  }
}

// Along one row: `sums` begins at pixel `first_column` of the picture and has one number of padding behind it.
void blend_columns(const TapTable& columns, int64_t first_column, const float* sums, bool mirrored, int64_t width, float* row) {
  for (int64_t x = columns.begin; x < columns.end; ++x) {
    const Taps& taps = columns.taps[static_cast<size_t>(x - columns.begin)];
    const float* weights = columns.weights.data() + taps.weights;
    const float* from = sums + (taps.first - first_column) * kChannels;
    float pixel[4] = {};  // the fourth is the next pixel's red: four at once are one vector
    for (int64_t tap = 0; tap < taps.count; ++tap, from += kChannels) {
      for (int c = 0; c < 4; ++c) pixel[c] += weights[tap] * from[c];
    }
    float* to = row + (mirrored ? width - 1 - x : x) * kChannels;
    for (int c = 0; c < kChannels; ++c) to[c] = pixel[c];
  }
}

}  // namespace

Placement letterboxed(int64_t picture_width, int64_t picture_height, int64_t width, int64_t height) {
  const Rectangle inside = letterbox(picture_height, picture_width, height, width).inside;
  return {inside.left, inside.top, inside.width, inside.height};
}

void place_picture(const Picture& picture, const Placement& placement, int64_t width, int64_t height, std::span<float> image) {
  LAMINA_ASSERT(static_cast<int64_t>(image.size()) == width * height * kChannels);
  LAMINA_ASSERT(static_cast<int64_t>(picture.rgb.size()) == picture.width * picture.height * kChannels);
  std::fill(image.begin(), image.end(), kFill);
  const TapTable columns = make_taps(picture.width, placement.width, placement.left, width);
  const TapTable rows = make_taps(picture.height, placement.height, placement.top, height);
  if (columns.taps.empty() || rows.taps.empty()) return;
  const auto [first_column, last_column] = columns.read();
  const auto offset = static_cast<size_t>(first_column * kChannels);
  std::vector<float> sums(static_cast<size_t>((last_column - first_column) * kChannels) + 1);
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    const Taps& taps = rows.taps[static_cast<size_t>(y - rows.begin)];
    blend_rows(picture, taps, rows.weights.data() + taps.weights, offset, sums.size() - 1, sums.data());
    blend_columns(columns, first_column, sums.data(), placement.mirrored, width, image.data() + y * width * kChannels);
  }
}

Box place_box(const Box& box, int64_t picture_width, int64_t picture_height, const Placement& placement, int64_t width) {
  const double across = static_cast<double>(placement.width) / static_cast<double>(picture_width);
  const double down = static_cast<double>(placement.height) / static_cast<double>(picture_height);
  Box placed = box;
  placed.left = box.left * across + static_cast<double>(placement.left);
  placed.right = box.right * across + static_cast<double>(placement.left);
  placed.top = box.top * down + static_cast<double>(placement.top);
  placed.bottom = box.bottom * down + static_cast<double>(placement.top);
  if (placement.mirrored) {
    const double left = placed.left;
    placed.left = static_cast<double>(width) - placed.right;
    placed.right = static_cast<double>(width) - left;
  }
  return placed;
}

}  // namespace lamina::yolov3
