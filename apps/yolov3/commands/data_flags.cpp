// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/commands/data_flags.h"

#include "apps/yolov3/data/shapes.h"
#include "apps/yolov3/data/voc.h"
#include "apps/yolov3/network/network_files.h"
#include "core/base/check.h"

namespace lamina::yolov3 {

void DataFlags::add_to(CLI::App& cli) {
  cli.add_option("DATA", folder, "a Pascal VOC folder (Annotations, JPEGImages, ImageSets), or one of pictures with their .xml beside them");
  cli.add_option("--data", kind, "voc: the folder DATA; shapes: pictures that the program draws, which need no folder")
      ->check(CLI::IsMember({"voc", "shapes"}))
      ->capture_default_str();
  cli.add_option("--names", names, "file with one class name a line, in order (default: the names that occur, sorted)");
}

DetectionData DataFlags::read(uint64_t seed, int64_t shape_size) const {
  if (kind == "shapes") {
    if (!folder.empty()) throw Error(ErrorKind::usage, text("--data shapes is drawn and takes no folder, got '", folder, "'"));
    return make_shapes({.seed = seed, .size = shape_size});
  }
  if (folder.empty()) throw Error(ErrorKind::usage, "no DATA folder was given; name a Pascal VOC folder, or use --data shapes");
  VocOptions options;
  if (!names.empty()) options.class_names = read_names(names);
  options.seed = seed;
  return read_voc(folder, options);
}

}  // namespace lamina::yolov3
