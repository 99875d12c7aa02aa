// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/commands/network_flags.h"

#include <algorithm>

#include "apps/yolov3/darknet/cfg.h"
#include "apps/yolov3/darknet/standard_networks.h"
#include "apps/yolov3/data/anchor_clusters.h"
#include "apps/yolov3/data/anchors.h"
#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

const CLI::Validator kSide(
    [](std::string& given) -> std::string {
      int64_t side = 0;
      if (!CLI::detail::lexical_cast(given, side) || side < kDarknetStride || side > 4096) return text("'", given, "' is no side from 32 to 4096");
      if (side % kDarknetStride == 0) return {};
      const int64_t below = side / kDarknetStride * kDarknetStride;
      return text(side, " is no multiple of ", kDarknetStride, "; the nearest are ", below, " and ", below + kDarknetStride);
    },
    "SIDE");

}  // namespace

void NetworkFlags::add_to(CLI::App& cli) {
  cli.add_option("--model", model, "tiny (YOLOv3-tiny, two heads) or yolov3 (Darknet-53, three heads)")->check(CLI::IsMember({"tiny", "yolov3"}))->capture_default_str();
  cli.add_option("--size", size, "side of the network's input in pixels, a multiple of 32")->check(kSide)->capture_default_str();
  cli.add_option("--anchors", anchors, "kmeans (fitted to the data), standard (those of darknet's files), or \"w,h, w,h, ...\" in pixels of the input")
      ->capture_default_str();
}

void NetworkFlags::check() const {
  if (anchors != "kmeans" && anchors != "standard") parse_anchors(anchors, static_cast<size_t>(anchor_count()));
}

DarknetNetwork NetworkFlags::network(int64_t classes, const std::vector<DarknetAnchor>& chosen) const {
  return model == "tiny" ? yolov3_tiny_network(classes, chosen, size) : yolov3_network(classes, chosen, size);
}

std::vector<DarknetAnchor> NetworkFlags::choose_anchors(const DetectionData& data, uint64_t seed) const {
  if (anchors == "standard") {
    std::vector<DarknetAnchor> standard = model == "tiny" ? yolov3_tiny_anchors() : yolov3_anchors();
    for (DarknetAnchor& anchor : standard) anchor = {anchor.width * static_cast<double>(size) / 416, anchor.height * static_cast<double>(size) / 416};
    return standard;
  }
  if (anchors != "kmeans") return parse_anchors(anchors, static_cast<size_t>(anchor_count()));
  return cluster_anchors(letterboxed_sizes(*data.train, size, size), anchor_count(), seed);
}

}  // namespace lamina::yolov3
