// SPDX-License-Identifier: Apache-2.0
// Pictures from JPEG and PNG files. What a file is, its bytes say and not its name; every kind becomes 8-bit RGB, and what
// EXIF says about the camera's orientation is applied to the pixels.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "apps/yolov3/picture/picture.h"

namespace lamina::yolov3 {

inline constexpr int64_t kMaxPicturePixels = int64_t{1} << 28;  // of one picture

// Throws ErrorKind::io where the file cannot be read, else ErrorKind::model with its name where it is no JPEG or PNG, is
// damaged or cut (a decoder's warning counts: no grey filling), or has more than kMaxPicturePixels. Grey becomes R = G = B;
// alpha is dropped, as PIL and OpenCV do; 16 bits are rounded to 8; CMYK is taken as Adobe writes it, inverted.
Picture read_picture(const std::filesystem::path& file);

// The same for a file's bytes; `name` is for messages.
Picture decode_picture(std::span<const std::byte> bytes, const std::string& name);

// Upright width and height, from the head of the file alone: pixels are not looked at. Errors as of read_picture.
PictureSize read_picture_size(const std::filesystem::path& file);

}  // namespace lamina::yolov3
