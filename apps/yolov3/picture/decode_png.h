// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "apps/yolov3/picture/picture.h"

namespace lamina::yolov3 {

// A PNG by libpng. See read_picture.h for what is refused.
Picture decode_png(std::span<const std::byte> bytes, const std::string& source);

// Replaces `file` atomically by the picture, without loss.
void write_png(const std::filesystem::path& file, const Picture& picture);

}  // namespace lamina::yolov3
