// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "apps/yolov3/data/box.h"

namespace lamina::yolov3 {

// Intersection over union, from 0 to 1; 0 where either has no area.
double overlap(const Box& a, const Box& b);

}  // namespace lamina::yolov3
