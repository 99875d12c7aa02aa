// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/targets.h"

#include <algorithm>
#include <set>

#include "apps/yolov3/data/anchors.h"
#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

constexpr int64_t kBoxValues = 5;  // x, y, w, h and objectness, before the classes

template <class... Parts>
void check_usage(bool condition, const Parts&... parts) {
  if (!condition) throw Error(ErrorKind::usage, text(parts...));
}

// The cell of `centre`, which may lie on the far edge.
int64_t cell_of(double centre, int64_t stride, int64_t cells) {
  return std::clamp<int64_t>(static_cast<int64_t>(centre / static_cast<double>(stride)), 0, cells - 1);
}

}  // namespace

TargetOptions target_options(const DarknetNetwork& network) {
  TargetOptions options{.width = network.width, .height = network.height};
  for (const DarknetLayer& layer : network.layers) {
    const auto* yolo = std::get_if<DarknetYolo>(&layer.kind);
    if (!yolo) continue;
    LAMINA_CHECK(options.scales.empty() || yolo->anchors == options.anchors,
                 "the [yolo] layers have different anchors; to train, write the same anchors in each and choose among them by "
                 "mask");
    options.classes = yolo->classes;
    options.anchors = yolo->anchors;
    options.scales.push_back({network.height / layer.output.height, {yolo->mask.begin(), yolo->mask.end()}});
  }
  return options;
}

void check_target_options(const TargetOptions& options) {
  check_usage(options.classes > 0, "targets: ", options.classes, " classes, expected 1 or more");
  check_usage(options.max_boxes > 0, "targets: max_boxes is ", options.max_boxes, ", expected 1 or more");
  check_usage(!options.anchors.empty(), "targets: there are no anchors");
  check_usage(!options.scales.empty(), "targets: there are no scales");
  const int anchors = static_cast<int>(options.anchors.size());
  for (const ScaleGrid& scale : options.scales) {
    check_usage(scale.stride > 0, "targets: a stride is ", scale.stride, ", expected 1 or more");
    for (const int64_t side : {options.width, options.height}) {
      check_usage(side > 0 && side % scale.stride == 0, "targets: the input is ", options.width, " x ", options.height,
                  " pixels, expected multiples of ", scale.stride);
    }
    check_usage(!scale.anchors.empty(), "targets: the scale of stride ", scale.stride, " has no anchors");
    for (const int anchor : scale.anchors) {
      check_usage(anchor >= 0 && anchor < anchors, "targets: the scale of stride ", scale.stride, " has anchor ", anchor,
                  ", expected 0 to ", anchors - 1);
    }
    check_usage(std::set<int>(scale.anchors.begin(), scale.anchors.end()).size() == scale.anchors.size(),
                "targets: the scale of stride ", scale.stride, " has an anchor twice");
  }
}

HostTensor make_target(const TargetOptions& options, const ScaleGrid& scale, int64_t samples) {
  return {DType::f32, Extents{samples, options.height / scale.stride, options.width / scale.stride, std::ssize(scale.anchors),
                              kBoxValues + options.classes}};
}

TargetCounts& TargetCounts::operator+=(const TargetCounts& other) {
  boxes_of_scale.resize(std::max(boxes_of_scale.size(), other.boxes_of_scale.size()));
  for (size_t i = 0; i < other.boxes_of_scale.size(); ++i) boxes_of_scale[i] += other.boxes_of_scale[i];
  boxes += other.boxes;
  overwritten += other.overwritten;
  without_anchor += other.without_anchor;
  beyond_max += other.beyond_max;
  return *this;
}

TargetCounts write_targets(std::span<const Box> boxes, const TargetOptions& options, std::span<const std::span<float>> targets) {
  LAMINA_ASSERT(targets.size() == options.scales.size());
  const auto width = static_cast<double>(options.width), height = static_cast<double>(options.height);
  TargetCounts counts;
  counts.boxes_of_scale.resize(options.scales.size());
  counts.boxes = std::ssize(boxes);
  const auto taken = std::min(boxes.size(), static_cast<size_t>(options.max_boxes));
  counts.beyond_max = static_cast<int64_t>(boxes.size() - taken);
  for (const Box& box : boxes.first(taken)) {
    LAMINA_ASSERT(box.label >= 0 && box.label < options.classes && box.width() > 0 && box.height() > 0);
    const int anchor = static_cast<int>(best_anchor(options.anchors, {box.width(), box.height()}));
    const double x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
    bool used = false, overwrites = false;
    for (size_t s = 0; s < options.scales.size(); ++s) {
      const ScaleGrid& scale = options.scales[s];
      const auto found = std::find(scale.anchors.begin(), scale.anchors.end(), anchor);
      if (found == scale.anchors.end()) continue;
      const int64_t columns = options.width / scale.stride;
      const int64_t cell = cell_of(y, scale.stride, options.height / scale.stride) * columns + cell_of(x, scale.stride, columns);
      const int64_t place = cell * std::ssize(scale.anchors) + (found - scale.anchors.begin());
      float* to = targets[s].subspan(static_cast<size_t>(place * (kBoxValues + options.classes))).data();
      used = true;
      overwrites = overwrites || to[4] != 0;
      ++counts.boxes_of_scale[s];
      to[0] = static_cast<float>(x / width);
      to[1] = static_cast<float>(y / height);
      to[2] = static_cast<float>(box.width() / width);
      to[3] = static_cast<float>(box.height() / height);
      to[4] = 1;
      to[kBoxValues + box.label] = 1;
    }
    counts.without_anchor += used ? 0 : 1;
    counts.overwritten += overwrites ? 1 : 0;
  }
  return counts;
}

}  // namespace lamina::yolov3
