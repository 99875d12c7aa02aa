// SPDX-License-Identifier: Apache-2.0
// --model, --size and --anchors: which network a data set gets.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "apps/yolov3/darknet/network.h"
#include "apps/yolov3/data/detection_data.h"

namespace lamina::yolov3 {

struct NetworkFlags {
  std::string model = "tiny";  // or "yolov3"
  int64_t size = 416;
  std::string anchors = "kmeans";

  void add_to(CLI::App& cli);

  // Throws ErrorKind::usage where --anchors is none of its words and no list of the right length. For the first line of a
  // command, before the data is read.
  void check() const;

  // The network for `classes` classes with these anchors, the smallest first.
  DarknetNetwork network(int64_t classes, const std::vector<DarknetAnchor>& chosen) const;

  int anchor_count() const { return model == "tiny" ? 6 : 9; }

  // What --anchors says: those of the standard files, those given, or fitted to the training pictures.
  std::vector<DarknetAnchor> choose_anchors(const DetectionData& data, uint64_t seed) const;
};

}  // namespace lamina::yolov3
