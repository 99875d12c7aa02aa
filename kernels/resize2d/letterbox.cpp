// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/base/check.h"
#include "kernels/resize2d/resize2d.h"

namespace lamina {
namespace {

void check_side(int64_t side, const char* what) {
  const bool fits = side >= 1 && side <= kMaxPictureSide;
  LAMINA_CHECK(fits, "[letterbox] ", what, " must be 1 to ", kMaxPictureSide, " pixels, got ", side);
}

}  // namespace

Letterbox letterbox(int64_t from_height, int64_t from_width, int64_t to_height, int64_t to_width) {
  check_side(from_height, "from_height"), check_side(from_width, "from_width");
  check_side(to_height, "to_height"), check_side(to_width, "to_width");
  int64_t height = to_height, width = to_width;
  if (to_width * from_height < to_height * from_width) {
    height = from_height * to_width / from_width;
  } else {
    width = from_width * to_height / from_height;
  }
  height = std::clamp<int64_t>(height, 1, to_height);
  width = std::clamp<int64_t>(width, 1, to_width);
  return {from_height, from_width, to_height, to_width, {(to_height - height) / 2, (to_width - width) / 2, height, width}};
}

}  // namespace lamina
