// SPDX-License-Identifier: Apache-2.0
// One XML file of Pascal VOC.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lamina::yolov3 {

struct VocObject {
  std::string name;
  double left = 0, top = 0, right = 0, bottom = 0;  // as the file has them
  bool difficult = false;
  int line = 0;
};

struct VocAnnotation {
  std::string picture;  // <filename>, may be empty
  double width = 0;     // <size>; 0 where the file has none
  double height = 0;
  std::vector<VocObject> objects;
};

// Throws as read_voc does.
VocAnnotation read_voc_annotation(const std::filesystem::path& file);

}  // namespace lamina::yolov3
