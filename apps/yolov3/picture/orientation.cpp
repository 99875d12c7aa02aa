// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/picture/orientation.h"

#include <utility>

namespace lamina::yolov3 {
namespace {

bool exchanges_sides(int orientation) { return orientation >= 5; }

}  // namespace

PictureSize upright(PictureSize stored, int orientation) {
  if (exchanges_sides(orientation)) std::swap(stored.width, stored.height);
  return stored;
}

Picture upright(Picture stored, int orientation) {
  if (orientation == 1) return stored;
  // What EXIF calls the place of the stored first row and column, as the way from an upright pixel to the stored one.
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const PictureSize size = upright(PictureSize{stored.width, stored.height}, orientation);
  Picture result{size.width, size.height, std::vector<uint8_t>(stored.rgb.size())};
  uint8_t* to = result.rgb.data();
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x, to += 3) {
      int64_t column = exchanges_sides(orientation) ? y : x, row = exchanges_sides(orientation) ? x : y;
      if (from_right) column = stored.width - 1 - column;
      if (from_bottom) row = stored.height - 1 - row;
      const uint8_t* from = stored.rgb.data() + 3 * (row * stored.width + column);
      to[0] = from[0], to[1] = from[1], to[2] = from[2];
    }
  }
  return result;
}

}  // namespace lamina::yolov3
