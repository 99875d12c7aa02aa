// SPDX-License-Identifier: Apache-2.0
// Where a folder of Pascal VOC has its annotations and pictures, and which of them are for what.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/yolov3/data/text_lines.h"

namespace lamina::yolov3 {

struct VocLayout {
  std::filesystem::path root;
  std::filesystem::path pictures;                  // the folder of them
  std::vector<std::filesystem::path> annotations;  // files, sorted
};

// Throws ErrorKind::model where there is no annotation, with what was looked for.
VocLayout find_voc_layout(const std::filesystem::path& folder);

// The file `stem` with an ending of pictures in `folder`, else `named` there; empty if neither is.
std::filesystem::path find_picture(const std::filesystem::path& folder, const std::string& stem, const std::string& named);

// A list of ImageSets/Main: the name of a picture on each line.
struct VocList {
  std::filesystem::path file;
  std::vector<TextLine> names;
};

// ImageSets/Main/NAME.txt, if there.
std::optional<VocList> read_voc_list(const VocLayout& layout, const std::string& name);

}  // namespace lamina::yolov3
