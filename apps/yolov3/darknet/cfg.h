// SPDX-License-Identifier: Apache-2.0
// Reads and writes darknet's .cfg, as far as YOLOv3, YOLOv3-tiny and their kin need it: [net], [convolutional], [shortcut],
// [route], [upsample], [maxpool], [yolo]. Strict, where darknet goes on with what it did not understand: an unknown or doubled
// key, a number out of range, a layer that does not fit are errors. What tells darknet how to train (learning rate, jitter,
// batch) is checked and then left, since it shapes no network.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "apps/yolov3/darknet/network.h"
#include "core/io/file_ops.h"

namespace lamina::yolov3 {

// Width and height are multiples of this: the product of the strides down to the coarsest head.
inline constexpr int64_t kDarknetStride = 32;

// Throws ErrorKind::model with file, line, section, value and what is allowed; ErrorKind::io as read_file does.
DarknetNetwork read_cfg(const std::filesystem::path& path);

// The same from memory; `source` stands for the file's name.
DarknetNetwork parse_cfg(std::string_view cfg, const std::string& source);

// Text that parse_cfg reads back to an equal network, and darknet to the same layers. Training keys are those of the standard
// yolov3.cfg; a layer at most four back is named relative to the one that names it, others are counted from the first.
std::string cfg_text(const DarknetNetwork& network);

}  // namespace lamina::yolov3
