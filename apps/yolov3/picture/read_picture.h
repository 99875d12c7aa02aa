// SPDX-License-Identifier: Apache-2.0
// JPEG and PNG files to upright 8-bit RGB. The kind is told by the first bytes, not by the name.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "apps/yolov3/picture/picture.h"

namespace lamina::yolov3 {

inline constexpr int64_t kMaxPixels = int64_t{1} << 28;  // of one picture

// JPEG: grey, colour and CMYK, turned as its EXIF orientation says. PNG: grey, palette and colour of any depth; alpha is
// dropped. Throws ErrorKind::io where the file cannot be read, and ErrorKind::model, naming it, where it is no picture of these
// kinds, has more than kMaxPixels, or is damaged: a JPEG that ends early is refused, not filled with grey.
Picture read_picture(const std::filesystem::path& file);

// The same from memory; `source` stands for the file's name.
Picture decode_picture(std::span<const std::byte> bytes, const std::string& source);

// Turned or mirrored so that what EXIF orientation 1 to 8 describes stands upright.
Picture upright(Picture picture, int orientation);

}  // namespace lamina::yolov3
