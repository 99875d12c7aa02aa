// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "apps/yolov3/data/detection_data.h"

namespace lamina::yolov3 {

// What a command's argument DATA names: "shapes", the data set that the program draws (make_shapes), or a folder in the form
// of Pascal VOC (read_voc). A folder of that name is "./shapes". Throws as those do, and ErrorKind::usage for class names with
// shapes, which has its own.
DetectionData load_data(const std::string& data, const std::vector<std::string>& class_names, uint64_t seed);

// One class name a line; blank lines are passed over. Throws ErrorKind::io where the file cannot be read and
// ErrorKind::model where there is no name in it.
std::vector<std::string> read_class_names(const std::filesystem::path& file);

}  // namespace lamina::yolov3
