// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "apps/yolov3/picture/picture.h"

namespace lamina::yolov3 {

// An 8-bit RGB file, which replaces an old one as a whole or not at all. Throws ErrorKind::io where it cannot be written and
// ErrorKind::model where the picture is empty or its pixels are not width x height x 3 bytes.
void write_png(const Picture& picture, const std::filesystem::path& file);

}  // namespace lamina::yolov3
