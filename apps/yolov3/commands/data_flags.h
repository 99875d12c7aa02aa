// SPDX-License-Identifier: Apache-2.0
// What commands that read a data set share: a Pascal VOC folder, or the shapes that the program draws.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "apps/yolov3/data/detection_data.h"

namespace lamina::yolov3 {

struct DataFlags {
  std::string data;  // a folder, or "shapes"
  std::string kind;  // "shapes" or empty
  std::string names;

  void add_to(CLI::App& cli);

  // Reads it. Throws ErrorKind::usage where no data is named, a folder along with shapes, or --names along with shapes.
  DetectionData read(uint64_t seed) const;
  DetectionData read(uint64_t seed, const std::vector<std::string>& class_names) const;  // in this order; no others may occur

  std::string shown() const { return data.empty() ? kind : data; }
};

}  // namespace lamina::yolov3
