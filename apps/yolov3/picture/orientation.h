// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "apps/yolov3/picture/picture.h"

namespace lamina::yolov3 {

// How a picture stands whose EXIF orientation is 1 to 8: 5 to 8 exchange width and height.
PictureSize upright(PictureSize stored, int orientation);
Picture upright(Picture stored, int orientation);

}  // namespace lamina::yolov3
