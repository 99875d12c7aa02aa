// SPDX-License-Identifier: Apache-2.0
// One annotation file of Pascal VOC, as far as detection reads it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lamina::yolov3 {

// <object>: the numbers as they are in the file.
struct VocObject {
  std::string name;
  double xmin = 0, ymin = 0, xmax = 0, ymax = 0;
  bool difficult = false;
  int line = 0;
};

struct VocAnnotation {
  std::string picture;            // <filename> without any folder; may be empty
  int64_t width = 0, height = 0;  // <size>; 0 where the file does not say
  std::vector<VocObject> objects;
};

// Numbers may be floats with blanks around them; LF or CRLF; what else a file holds is passed over. Throws ErrorKind::io
// where it cannot be read, else ErrorKind::model, beginning with "FILE:LINE: ", for broken XML, another root than
// <annotation>, a missing or empty element, and what is no finite number.
VocAnnotation read_voc_annotation(const std::filesystem::path& file);

}  // namespace lamina::yolov3
