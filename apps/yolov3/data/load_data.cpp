// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/load_data.h"

#include "apps/yolov3/data/shapes.h"
#include "apps/yolov3/data/text_lines.h"
#include "apps/yolov3/data/voc.h"
#include "core/base/check.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {

DetectionData load_data(const std::string& data, const std::vector<std::string>& class_names, uint64_t seed) {
  if (data != "shapes") return read_voc(data, {.class_names = class_names, .seed = seed});
  if (!class_names.empty()) throw Error(ErrorKind::usage, "the data set 'shapes' has class names of its own; leave them out");
  return make_shapes({.seed = seed});
}

std::vector<std::string> read_class_names(const std::filesystem::path& file) {
  std::vector<std::string> names;
  for (const TextLine& line : read_text_lines(file)) names.push_back(line.text);
  LAMINA_CHECK(!names.empty(), in_quotes(file.native()), " has no class name; write one a line");
  return names;
}

}  // namespace lamina::yolov3
