// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/box_overlap.h"

#include <algorithm>

namespace lamina::yolov3 {

double overlap(const Box& a, const Box& b) {
  const double width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const double height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  if (!(width > 0 && height > 0)) return 0;
  const double shared = width * height;
  return shared / (a.area() + b.area() - shared);
}

}  // namespace lamina::yolov3
