// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/anchors.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "apps/yolov3/data/targets.h"
#include "core/base/check.h"
#include "core/base/philox.h"

namespace lamina::yolov3 {
namespace {

constexpr int kMaxRounds = 300;

size_t nearest(const BoxSize& size, const std::vector<DarknetAnchor>& anchors) {
  size_t best = 0;
  double best_overlap = -1;
  for (size_t i = 0; i < anchors.size(); ++i) {
    const double shared = centred_overlap(size.width, size.height, anchors[i]);
    if (shared > best_overlap) best = i, best_overlap = shared;
  }
  return best;
}

double distance(const BoxSize& size, const std::vector<DarknetAnchor>& anchors) {
  return 1 - centred_overlap(size.width, size.height, anchors[nearest(size, anchors)]);
}

// k-means++: each further start is drawn with a probability that grows with the square of its distance to those there are.
std::vector<DarknetAnchor> starts(const std::vector<BoxSize>& sizes, int count, uint64_t seed) {
  const RandomKey key{seed, RandomPurpose::anchors};
  const auto drawn = [&](uint64_t index) { return static_cast<double>(key.uniform(index)); };
  const BoxSize& first = sizes[std::min(static_cast<size_t>(drawn(0) * static_cast<double>(sizes.size())), sizes.size() - 1)];
  std::vector<DarknetAnchor> anchors = {{first.width, first.height}};
  while (static_cast<int>(anchors.size()) < count) {
    std::vector<double> upto;
    double total = 0;
    for (const BoxSize& size : sizes) {
      const double apart = distance(size, anchors);
      upto.push_back(total += apart * apart);
    }
    LAMINA_CHECK(total > 0, "the boxes have only ", anchors.size(), " different sizes; ", count, " anchors need as many");
    const double mark = drawn(anchors.size()) * total;
    const auto chosen = static_cast<size_t>(std::upper_bound(upto.begin(), upto.end() - 1, mark) - upto.begin());
    anchors.push_back({sizes[chosen].width, sizes[chosen].height});
  }
  return anchors;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

std::vector<BoxSize> box_sizes(const PictureSource& pictures, int64_t size) {
  std::vector<BoxSize> sizes;
  for (int64_t i = 0; i < pictures.count(); ++i) {
    if (pictures.boxes(i).empty()) continue;
    const Picture picture = pictures.read(i);
    const double scale = static_cast<double>(size) / static_cast<double>(std::max(picture.width, picture.height));
    for (const Box& box : pictures.boxes(i)) sizes.push_back({box.width() * scale, box.height() * scale});
  }
  return sizes;
}

std::vector<DarknetAnchor> fit_anchors(const std::vector<BoxSize>& sizes, int count, uint64_t seed) {
  LAMINA_CHECK(!sizes.empty(), "there are no boxes to fit anchors to");
  std::vector<DarknetAnchor> anchors = starts(sizes, count, seed);
  for (int round = 0; round < kMaxRounds; ++round) {
    std::vector<std::vector<double>> widths(anchors.size()), heights(anchors.size());
    for (const BoxSize& size : sizes) {
      const size_t cluster = nearest(size, anchors);
      widths[cluster].push_back(size.width);
      heights[cluster].push_back(size.height);
    }
    bool moved = false;
    for (size_t i = 0; i < anchors.size(); ++i) {
      // A cluster that lost all begins again at the box that fits worst.
      const DarknetAnchor to = widths[i].empty() ? [&] {
        const auto worst = std::max_element(sizes.begin(), sizes.end(), [&](const BoxSize& a, const BoxSize& b) { return distance(a, anchors) < distance(b, anchors); });
        return DarknetAnchor{worst->width, worst->height};
      }() : DarknetAnchor{median(widths[i]), median(heights[i])};
      moved = moved || !(to == anchors[i]);
      anchors[i] = to;
    }
    if (!moved) break;
  }
  // A hundredth of a pixel is more than the fit is worth, and is read well.
  for (DarknetAnchor& anchor : anchors) anchor = {std::round(anchor.width * 100) / 100, std::round(anchor.height * 100) / 100};
  std::sort(anchors.begin(), anchors.end(), [](const DarknetAnchor& a, const DarknetAnchor& b) { return a.width * a.height < b.width * b.height; });
  return anchors;
}

double mean_best_overlap(const std::vector<BoxSize>& sizes, const std::vector<DarknetAnchor>& anchors) {
  double total = 0;
  for (const BoxSize& size : sizes) total += 1 - distance(size, anchors);
  return sizes.empty() ? 0 : total / static_cast<double>(sizes.size());
}

std::vector<DarknetAnchor> parse_anchors(const std::string& words, int count) {
  std::vector<double> numbers;
  const char* at = words.data();
  const char* const end = at + words.size();
  while (at < end) {
    if (*at == ' ' || *at == ',') {
      ++at;
      continue;
    }
    double value = 0;
    const auto [stop, error] = std::from_chars(at, end, value);
    if (error != std::errc() || !(value > 0) || !std::isfinite(value)) {
      throw Error(ErrorKind::usage, text("anchors are numbers above 0 with commas between, got '", std::string(at, end), "'"));
    }
    numbers.push_back(value);
    at = stop;
  }
  if (static_cast<int>(numbers.size()) != 2 * count) {
    throw Error(ErrorKind::usage, text("this network has ", count, " anchors, so ", 2 * count, " numbers (width, height, ...); got ", numbers.size()));
  }
  std::vector<DarknetAnchor> anchors;
  for (size_t i = 0; i < numbers.size(); i += 2) anchors.push_back({numbers[i], numbers[i + 1]});
  return anchors;
}

std::string anchors_text(const std::vector<DarknetAnchor>& anchors) {
  std::string words;
  for (const DarknetAnchor& anchor : anchors) words += text(words.empty() ? "" : ", ", anchor.width, ",", anchor.height);
  return words;
}

}  // namespace lamina::yolov3
