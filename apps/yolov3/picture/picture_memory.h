// SPDX-License-Identifier: Apache-2.0
// What the decoders share: the size that a file claims is held against its bytes before memory is taken for it.
#pragma once

#include <string>
#include <string_view>

#include "apps/yolov3/picture/read_picture.h"

namespace lamina::yolov3 {

// Throws ErrorKind::model for an empty picture, more than kMaxPicturePixels, or more pixels than `bytes` can hold.
void check_picture_size(PictureSize size, size_t bytes, const std::string& name);

// Black, with room for `channels` bytes per pixel. Throws ErrorKind::device where there is not the memory for it.
Picture blank_picture(PictureSize size, int64_t channels, const std::string& name);

// "NAME is a damaged picture (REASON); replace the file".
std::string damaged_picture(const std::string& name, std::string_view reason);

}  // namespace lamina::yolov3
