// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/commands/data_flags.h"

#include "apps/yolov3/data/load_data.h"
#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

// What is read.
std::string checked(const DataFlags& flags) {
  const std::string& data = flags.data;
  const std::string& kind = flags.kind;
  if (!data.empty() && !kind.empty() && data != kind) {
    throw Error(ErrorKind::usage, text("--data ", kind, " is drawn and takes no folder, got '", data, "'"));
  }
  if (flags.shown().empty()) throw Error(ErrorKind::usage, "no DATA was given; name a Pascal VOC folder, or use --data shapes");
  return flags.shown();
}

}  // namespace

void DataFlags::add_to(CLI::App& cli) {
  cli.add_option("DATA", data, "a Pascal VOC folder (Annotations, JPEGImages, ImageSets), a folder of pictures with their .xml beside them, or shapes");
  cli.add_option("--data", kind, "shapes: pictures that the program draws, which need no folder")->check(CLI::IsMember({"shapes"}));
  cli.add_option("--names", names, "file with one class name a line, in order (default: the names that occur, sorted)");
}

DetectionData DataFlags::read(uint64_t seed) const {
  const std::string source = checked(*this);
  return load_data(source, names.empty() ? std::vector<std::string>{} : read_class_names(names), seed);
}

DetectionData DataFlags::read(uint64_t seed, const std::vector<std::string>& class_names) const {
  const std::string source = checked(*this);
  return load_data(source, source == "shapes" ? std::vector<std::string>{} : class_names, seed);
}

}  // namespace lamina::yolov3
