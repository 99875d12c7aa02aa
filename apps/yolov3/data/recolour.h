// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace lamina::yolov3 {

// Every pixel (red, green, blue; 0 to 1) with its hue turned by `hue` turns, its saturation and value multiplied and cut at 1:
// through hue, saturation and value and back (Smith 1978).
void recolour(std::span<float> pixels, float hue, float saturation, float brightness);

}  // namespace lamina::yolov3
