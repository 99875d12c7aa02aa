// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/drawing/class_color.h"

#include <cmath>

namespace lamina::yolov3 {
namespace {

// `hue` in turns, the others from 0 to 1.
Color from_hsv(double hue, double saturation, double value) {
  const auto channel = [&](double offset) {
    const double sixth = std::fmod(offset + hue * 6, 6);
    return value * (1 - saturation * std::fmax(0, std::fmin(std::fmin(sixth, 4 - sixth), 1)));
  };
  return {channel(5), channel(3), channel(1)};
}

}  // namespace

Color class_color(int index) {
  constexpr double kGoldenTurn = 0.38196601125010515;     // (3 - sqrt(5)) / 2
  constexpr double kFirstHue = 0.58;                      // a blue
  const double value = index / 8 % 2 == 0 ? 0.92 : 0.68;  // after eight hues that are easy to tell apart, darker ones
  return from_hsv(std::fmod(kFirstHue + index * kGoldenTurn, 1), 0.78, value);
}

// By the luma of ITU-R BT.601.
Color readable_on(const Color& background) {
  return 0.299 * background.red + 0.587 * background.green + 0.114 * background.blue > 0.55 ? kBlack : kWhite;
}

}  // namespace lamina::yolov3
