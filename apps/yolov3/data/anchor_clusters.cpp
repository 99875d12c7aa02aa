// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/anchor_clusters.h"

#include <algorithm>
#include <set>
#include <utility>

#include "apps/yolov3/data/augment.h"
#include "apps/yolov3/data/random_draws.h"
#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

using Sizes = std::span<const DarknetAnchor>;

constexpr int kMaxRounds = 300;
constexpr int kStarts = 8;

double distance(const DarknetAnchor& a, const DarknetAnchor& b) { return 1 - size_overlap(a, b); }

// k-means++: each next centre is a size, drawn in proportion to its squared distance from those there.
std::vector<DarknetAnchor> start_centres(Sizes sizes, size_t count, RandomDraws& draws) {
  std::vector<DarknetAnchor> centres = {sizes[static_cast<size_t>(draws.below(std::ssize(sizes)))]};
  std::vector<double> squares(sizes.size());
  while (centres.size() < count) {
    double sum = 0;
    for (size_t i = 0; i < sizes.size(); ++i) {
      const double away = distance(sizes[i], centres[best_anchor(centres, sizes[i])]);
      sum += squares[i] = away * away;
    }
    double rest = draws.uniform(0, sum);
    size_t chosen = 0;
    for (size_t i = 0; i < sizes.size(); ++i) {
      if (squares[i] <= 0) continue;  // a centre already: the others have sizes of their own
      chosen = i;
      if ((rest -= squares[i]) < 0) break;
    }
    centres.push_back(sizes[chosen]);
  }
  return centres;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 != 0) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

// The size that is worst served by the centres.
const DarknetAnchor& farthest(Sizes sizes, const std::vector<DarknetAnchor>& centres) {
  return *std::max_element(sizes.begin(), sizes.end(), [&](const DarknetAnchor& a, const DarknetAnchor& b) {
    return distance(a, centres[best_anchor(centres, a)]) < distance(b, centres[best_anchor(centres, b)]);
  });
}

void move_to_medians(Sizes sizes, const std::vector<size_t>& cluster_of, std::vector<DarknetAnchor>& centres) {
  for (size_t cluster = 0; cluster < centres.size(); ++cluster) {
    std::vector<double> widths, heights;
    for (size_t i = 0; i < sizes.size(); ++i) {
      if (cluster_of[i] != cluster) continue;
      widths.push_back(sizes[i].width);
      heights.push_back(sizes[i].height);
    }
    centres[cluster] = widths.empty() ? farthest(sizes, centres) : DarknetAnchor{median(widths), median(heights)};
  }
}

struct Clustering {
  std::vector<DarknetAnchor> centres;
  double overlap = -1;  // mean of the sizes with their best centre
};

// Until no size changes its cluster; the best centres on the way, for a median can make the fit a little worse.
Clustering cluster_from(std::vector<DarknetAnchor> centres, Sizes sizes) {
  Clustering best;
  std::vector<size_t> cluster_of(sizes.size()), before;
  for (int round = 0; round < kMaxRounds; ++round) {
    double sum = 0;
    for (size_t i = 0; i < sizes.size(); ++i) {
      cluster_of[i] = best_anchor(centres, sizes[i]);
      sum += size_overlap(centres[cluster_of[i]], sizes[i]);
    }
    const double mean = sum / static_cast<double>(sizes.size());
    if (mean > best.overlap) best = {centres, mean};
    if (cluster_of == before) break;
    before = cluster_of;
    move_to_medians(sizes, cluster_of, centres);
  }
  return best;
}

}  // namespace

std::vector<DarknetAnchor> letterboxed_sizes(const PictureSource& pictures, int64_t width, int64_t height) {
  std::vector<DarknetAnchor> sizes;
  for (int64_t i = 0; i < pictures.count(); ++i) {
    const PictureSize size = pictures.size(i);
    const Placement placement = letterboxed(size.width, size.height, width, height);
    for (const Box& box : boxes_in_input(pictures.boxes(i), size.width, size.height, placement, width, height)) {
      sizes.push_back({box.width(), box.height()});
    }
  }
  return sizes;
}

std::vector<DarknetAnchor> cluster_anchors(Sizes sizes, int64_t count, uint64_t seed) {
  if (count < 1) throw Error(ErrorKind::usage, text("anchors to find: ", count, ", expected 1 or more"));
  std::set<std::pair<double, double>> different;
  for (const DarknetAnchor& size : sizes) different.emplace(size.width, size.height);
  LAMINA_CHECK(std::ssize(different) >= count, "the boxes have ", different.size(), " different sizes, too few for ", count,
               " anchors; take the standard ones");

  RandomDraws draws(seed, DataUse::clusters);
  Clustering best;
  for (int start = 0; start < kStarts; ++start) {
    Clustering found = cluster_from(start_centres(sizes, static_cast<size_t>(count), draws), sizes);
    if (found.overlap > best.overlap) best = std::move(found);
  }
  std::sort(best.centres.begin(), best.centres.end(), [](const DarknetAnchor& a, const DarknetAnchor& b) {
    return std::pair(a.width * a.height, a.width) < std::pair(b.width * b.height, b.width);
  });
  return best.centres;
}

}  // namespace lamina::yolov3
