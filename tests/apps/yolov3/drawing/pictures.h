// SPDX-License-Identifier: Apache-2.0
// What the tests of drawings look at: pixels of pictures and of PNG files.
#pragma once

#include <cairo.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "apps/yolov3/drawing/canvas.h"
#include "apps/yolov3/picture/picture.h"

namespace lamina::testing {

using Rgb = std::array<int, 3>;

inline yolov3::Picture plain_picture(int64_t width, int64_t height, uint8_t grey) {
  return {width, height, std::vector<uint8_t>(static_cast<size_t>(width * height * 3), grey)};
}

inline Rgb pixel(const yolov3::Picture& picture, int64_t x, int64_t y) {
  const uint8_t* at = picture.rgb.data() + (y * picture.width + x) * 3;
  return {at[0], at[1], at[2]};
}

inline bool is_close(const Rgb& pixel, const yolov3::Color& color, int tolerance = 6) {
  const double wanted[] = {color.red, color.green, color.blue};
  for (size_t i = 0; i < 3; ++i) {
    if (std::abs(pixel[i] - static_cast<int>(std::lround(255 * wanted[i]))) > tolerance) return false;
  }
  return true;
}

// How many pixels of columns [from, to) have this color.
inline int64_t count_color(const yolov3::Picture& picture, const yolov3::Color& color, int64_t from, int64_t to) {
  int64_t count = 0;
  for (int64_t y = 0; y < picture.height; ++y) {
    for (int64_t x = from; x < to; ++x) count += is_close(pixel(picture, x, y), color) ? 1 : 0;
  }
  return count;
}
inline int64_t count_color(const yolov3::Picture& picture, const yolov3::Color& color) {
  return count_color(picture, color, 0, picture.width);
}

// By cairo's own reader; a picture of no pixels where it takes the file for damaged.
inline yolov3::Picture read_png(const std::filesystem::path& path) {
  cairo_surface_t* surface = cairo_image_surface_create_from_png(path.c_str());
  yolov3::Picture picture;
  if (cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS) {
    picture.width = cairo_image_surface_get_width(surface);
    picture.height = cairo_image_surface_get_height(surface);
    for (int64_t y = 0; y < picture.height; ++y) {
      const unsigned char* row = cairo_image_surface_get_data(surface) + y * cairo_image_surface_get_stride(surface);
      for (int64_t x = 0; x < picture.width; ++x) {
        const uint32_t word = reinterpret_cast<const uint32_t*>(row)[x];
        for (const int shift : {16, 8, 0}) picture.rgb.push_back(static_cast<uint8_t>(word >> shift));
      }
    }
  }
  cairo_surface_destroy(surface);
  return picture;
}

}  // namespace lamina::testing
