// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "apps/yolov3/picture/picture.h"

namespace lamina::yolov3 {

// A JPEG by libjpeg-turbo, upright by libexif. See read_picture.h for what is refused.
Picture decode_jpeg(std::span<const std::byte> bytes, const std::string& source);

}  // namespace lamina::yolov3
