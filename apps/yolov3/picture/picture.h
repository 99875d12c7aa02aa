// SPDX-License-Identifier: Apache-2.0
// A picture as the app holds it: 8-bit RGB, row-major, upright.
#pragma once

#include <cstdint>
#include <vector>

namespace lamina::yolov3 {

struct PictureSize {
  int64_t width = 0;
  int64_t height = 0;
  friend bool operator==(const PictureSize&, const PictureSize&) = default;
};

struct Picture {
  int64_t width = 0;
  int64_t height = 0;
  std::vector<uint8_t> rgb;  // (height, width, 3)
};

}  // namespace lamina::yolov3
