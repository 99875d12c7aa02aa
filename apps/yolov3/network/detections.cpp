// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/network/detections.h"

#include <algorithm>

#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

void check_shapes(const RawDetections& raw) {
  const Extents &boxes = raw.boxes.extents(), &scores = raw.scores.extents();
  const Extents &indices = raw.indices.extents(), &counts = raw.counts.extents();
  const bool ranks = boxes.rank() == 3 && scores.rank() == 3 && indices.rank() == 3 && counts.rank() == 2;
  LAMINA_CHECK(ranks && boxes[2] == 4 && scores[0] == boxes[0] && scores[1] == boxes[1] && indices[0] == boxes[0] &&
                   indices[1] == scores[2] && counts == (Extents{boxes[0], scores[2]}),
               "detections of shapes ", boxes, ", ", scores, ", ", indices, " and ", counts,
               " are none of (N, B, 4), (N, B, C), (N, C, K) and (N, C)");
}

// Edges relative to the network's input, as pixels of the picture. A NaN stays one.
Box box_in_picture(std::span<const float> edges, const Letterbox& letterbox) {
  const auto row = [&](float edge) {
    const double place = letterbox.row_of_picture(static_cast<double>(edge) * static_cast<double>(letterbox.to_height));
    return std::clamp(place, 0.0, static_cast<double>(letterbox.from_height));
  };
  const auto column = [&](float edge) {
    const double place = letterbox.column_of_picture(static_cast<double>(edge) * static_cast<double>(letterbox.to_width));
    return std::clamp(place, 0.0, static_cast<double>(letterbox.from_width));
  };
  return {.left = column(edges[1]), .top = row(edges[0]), .right = column(edges[3]), .bottom = row(edges[2])};
}

}  // namespace

std::vector<Detection> detections_of(const RawDetections& raw, int64_t picture, const Letterbox& letterbox) {
  check_shapes(raw);
  const int64_t pictures = raw.counts.extents()[0], classes = raw.counts.extents()[1];
  const int64_t boxes = raw.boxes.extents()[1], most = raw.indices.extents()[2];
  LAMINA_CHECK(picture >= 0 && picture < pictures, "picture ", picture, " of a batch of ", pictures);
  const auto edges = raw.boxes.as<float>(), scores = raw.scores.as<float>();
  const auto indices = raw.indices.as<int32_t>(), counts = raw.counts.as<int32_t>();

  std::vector<Detection> detections;
  for (int64_t label = 0; label < classes; ++label) {
    const int64_t task = picture * classes + label;
    const int64_t kept = counts[static_cast<size_t>(task)];
    LAMINA_CHECK(kept >= 0 && kept <= most, kept, " boxes of class ", label, " were kept, of at most ", most);
    for (int64_t i = 0; i < kept; ++i) {
      const int64_t index = indices[static_cast<size_t>(task * most + i)];
      LAMINA_CHECK(index >= 0 && index < boxes, "box ", index, " of class ", label, " is none of ", boxes);
      const auto at = static_cast<size_t>(picture * boxes + index);
      Detection found{box_in_picture(edges.subspan(4 * at, 4), letterbox), 0};
      if (!(found.box.width() > 0 && found.box.height() > 0)) continue;
      found.box.label = static_cast<int>(label);
      found.score = static_cast<double>(scores[at * static_cast<size_t>(classes) + static_cast<size_t>(label)]);
      detections.push_back(found);
    }
  }
  return detections;
}

}  // namespace lamina::yolov3
