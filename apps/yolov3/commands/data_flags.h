// SPDX-License-Identifier: Apache-2.0
// What commands that read a data set share: a Pascal VOC folder, or the shapes that the program draws.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "apps/yolov3/data/detection_data.h"

namespace lamina::yolov3 {

struct DataFlags {
  std::string folder;
  std::string kind = "voc";  // or "shapes"
  std::string names;

  void add_to(CLI::App& cli);

  // Reads it. Throws ErrorKind::usage where a folder is missing, or given along with shapes.
  DetectionData read(uint64_t seed, int64_t shape_size) const;
};

}  // namespace lamina::yolov3
