// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/yolov3/data/detection_data.h"
#include "apps/yolov3/data/voc_annotation.h"
#include "apps/yolov3/picture/read_picture.h"

namespace lamina::yolov3 {

// The boxes of one annotation, by the rules of read_voc; adds to the report what was cut, repeated or left out. Throws
// ErrorKind::model, beginning with "FILE:LINE: ", for a class that is not in `class_names`, a maximum below its minimum, and
// a box 2 % or more of the picture's side beyond it.
std::vector<Box> boxes_of(const VocAnnotation& annotation, const std::filesystem::path& file, PictureSize size,
                          const std::vector<std::string>& class_names, DataReport& report);

}  // namespace lamina::yolov3
