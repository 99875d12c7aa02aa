// SPDX-License-Identifier: Apache-2.0
// PNG by libpng.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "apps/yolov3/picture/read_picture.h"

namespace lamina::yolov3 {

bool is_png(std::span<const std::byte> bytes);

PictureSize png_size(std::span<const std::byte> bytes, const std::string& name);
Picture decode_png(std::span<const std::byte> bytes, const std::string& name);

}  // namespace lamina::yolov3
