// SPDX-License-Identifier: Apache-2.0
#include "kernels/window/window.h"

#include <algorithm>
#include <ostream>

#include "core/base/check.h"

namespace lamina {
namespace {

const char* const kAxisNames[] = {"height", "width"};

int64_t reach(const Window& window, size_t axis) { return (window.size[axis] - 1) * window.dilation[axis] + 1; }

}  // namespace

std::ostream& operator<<(std::ostream& out, const Window& window) {
  const auto pair = [&](const char* name, const std::array<int64_t, 2>& values) {
    out << " " << name << " " << values[0];
    if (values[1] != values[0]) out << "x" << values[1];
  };
  out << window.size[0] << "x" << window.size[1];
  if (window.stride != std::array<int64_t, 2>{1, 1}) pair("stride", window.stride);
  if (window.dilation != std::array<int64_t, 2>{1, 1}) pair("dilation", window.dilation);
  if (window.padding == Window::Padding::valid) return out << " valid";
  if (window.padding == Window::Padding::same) return out << " same";
  return out << " padded ((" << window.before[0] << "," << window.behind[0] << "),(" << window.before[1] << "," << window.behind[1]
             << "))";
}

WindowAxis window_axis(const Window& window, int axis, int64_t length) {
  const auto at = static_cast<size_t>(axis);
  WindowAxis result{window.size[at], window.stride[at], window.dilation[at], window.before[at], window.behind[at], length, 0};
  if (window.padding == Window::Padding::valid) result.before = result.behind = 0;
  if (window.padding == Window::Padding::same) {
    result.out = (length + result.stride - 1) / result.stride;
    const int64_t missing = std::max<int64_t>((result.out - 1) * result.stride + reach(window, at) - length, 0);
    result.before = missing / 2;
    result.behind = missing - result.before;
    return result;
  }
  const int64_t room = length + result.before + result.behind - reach(window, at);
  result.out = room < 0 ? 0 : room / result.stride + 1;
  return result;
}

Shape window_places(const Window& window, const Shape& x) {
  LAMINA_CHECK(x.rank() == 4, "takes (batch, height, width, channels), got ", x);
  Shape places = x;
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t stride = window.stride[axis];
    LAMINA_CHECK(window.size[axis] >= 1 && stride >= 1 && window.dilation[axis] >= 1, "the ", kAxisNames[axis],
                 " of the window must have a size, stride and dilation of at least 1, got ", window);
    LAMINA_CHECK(window.before[axis] >= 0 && window.behind[axis] >= 0, "padding must not be negative, got ", window);
    const Dim& length = x[static_cast<int>(axis) + 1];
    Dim& place = places[static_cast<int>(axis) + 1];
    if (window.padding == Window::Padding::same) {
      place = (length + Dim(stride - 1)) / Dim(stride);
      continue;
    }
    const bool given = window.padding == Window::Padding::given;
    const Dim room = length + Dim((given ? window.before[axis] + window.behind[axis] : 0) - reach(window, axis));
    LAMINA_CHECK(!room.is_number() || room.number() >= 0, "the window ", window, " reaches over ", reach(window, axis), " of ",
                 kAxisNames[axis], " ", length);
    place = room / Dim(stride) + Dim(1);
  }
  return places;
}

}  // namespace lamina
