// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/commands/data_flags.h"

#include "apps/yolov3/data/load_data.h"
#include "core/base/check.h"

namespace lamina::yolov3 {

void DataFlags::add_to(CLI::App& cli) {
  cli.add_option("DATA", data, "a Pascal VOC folder (Annotations, JPEGImages, ImageSets), a folder of pictures with their .xml beside them, or shapes");
  cli.add_option("--data", kind, "shapes: pictures that the program draws, which need no folder")->check(CLI::IsMember({"shapes"}));
  cli.add_option("--names", names, "file with one class name a line, in order (default: the names that occur, sorted)");
}

DetectionData DataFlags::read(uint64_t seed) const { return read(seed, names.empty() ? std::vector<std::string>{} : read_class_names(names)); }

DetectionData DataFlags::read(uint64_t seed, const std::vector<std::string>& class_names) const {
  if (!data.empty() && !kind.empty() && data != kind) throw Error(ErrorKind::usage, text("--data ", kind, " is drawn and takes no folder, got '", data, "'"));
  if (shown().empty()) throw Error(ErrorKind::usage, "no DATA was given; name a Pascal VOC folder, or use --data shapes");
  return load_data(shown(), shown() == "shapes" ? std::vector<std::string>{} : class_names, seed);
}

}  // namespace lamina::yolov3
