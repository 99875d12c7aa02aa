// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/targets.h"

#include <algorithm>

#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

// The first of the largest overlaps, over the anchors of all scales.
double best_overlap(const TargetLayout& layout, double width, double height) {
  double best = -1;
  for (const TargetScale& scale : layout.scales) {
    for (const DarknetAnchor& anchor : scale.anchors) best = std::max(best, centred_overlap(width, height, anchor));
  }
  return best;
}

int64_t cell_of(double centre, int64_t stride, int64_t cells) {
  return std::clamp<int64_t>(static_cast<int64_t>(centre) / stride, 0, cells - 1);
}

}  // namespace

double centred_overlap(double width, double height, const DarknetAnchor& anchor) {
  const double shared = std::min(width, anchor.width) * std::min(height, anchor.height);
  return shared / (width * height + anchor.width * anchor.height - shared);
}

Extents TargetLayout::extents(size_t scale, int64_t samples) const {
  const TargetScale& one = scales[scale];
  return {samples, height / one.stride, width / one.stride, static_cast<int64_t>(one.anchors.size()), 5 + classes};
}

TargetCounts write_targets(const TargetLayout& layout, std::span<const Box> boxes, int64_t sample, std::span<HostTensor> scales) {
  TargetCounts counts;
  for (const Box& box : boxes) {
    const double width = box.width(), height = box.height();
    const double best = best_overlap(layout, width, height);
    const double centre_x = (box.left + box.right) / 2, centre_y = (box.top + box.bottom) / 2;
    bool assigned = false, overwrote = false;
    for (size_t s = 0; s < layout.scales.size(); ++s) {
      const TargetScale& scale = layout.scales[s];
      const Extents extents = scales[s].extents();
      for (size_t a = 0; a < scale.anchors.size(); ++a) {
        if (centred_overlap(width, height, scale.anchors[a]) < best) continue;
        const int64_t row = cell_of(centre_y, scale.stride, extents[1]), column = cell_of(centre_x, scale.stride, extents[2]);
        const int64_t at = (((sample * extents[1] + row) * extents[2] + column) * extents[3] + static_cast<int64_t>(a)) * extents[4];
        float* const place = scales[s].as<float>().data() + at;
        overwrote = overwrote || place[4] != 0;
        place[0] = static_cast<float>(centre_x / static_cast<double>(layout.width));
        place[1] = static_cast<float>(centre_y / static_cast<double>(layout.height));
        place[2] = static_cast<float>(width / static_cast<double>(layout.width));
        place[3] = static_cast<float>(height / static_cast<double>(layout.height));
        place[4] = 1;
        place[5 + box.label] = 1;
        assigned = true;
      }
    }
    counts.assigned += assigned;
    counts.overwritten += overwrote;
  }
  return counts;
}

}  // namespace lamina::yolov3
