// SPDX-License-Identifier: Apache-2.0
// JPEG by TurboJPEG, and the orientation that its EXIF block tells by libexif.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "apps/yolov3/picture/read_picture.h"

namespace lamina::yolov3 {

bool is_jpeg(std::span<const std::byte> bytes);

// As stored, before the orientation is applied.
PictureSize jpeg_size(std::span<const std::byte> bytes, const std::string& name);
Picture decode_jpeg(std::span<const std::byte> bytes, const std::string& name);

// The EXIF tag, 1 to 8; 1 where there is none or its value is outside of that.
int exif_orientation(std::span<const std::byte> jpeg);

}  // namespace lamina::yolov3
