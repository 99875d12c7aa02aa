// SPDX-License-Identifier: Apache-2.0
// How a filter or a pool slides over the height and width of an NHWC tensor.
#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>

#include "core/base/extents.h"
#include "core/base/shape.h"

namespace lamina {

struct Window {
  enum class Padding : uint8_t {
    valid,  // none: only places at which the window lies wholly inside
    same,   // as much as makes ceil(n / stride) places, one more behind than before where it is odd (TensorFlow's rule)
    given,  // `before` and `behind`
  };

  // Height, then width.
  std::array<int64_t, 2> size = {1, 1};
  std::array<int64_t, 2> stride = {1, 1};
  std::array<int64_t, 2> dilation = {1, 1};
  Padding padding = Padding::valid;
  std::array<int64_t, 2> before = {0, 0};
  std::array<int64_t, 2> behind = {0, 0};

  friend bool operator==(const Window&, const Window&) = default;
};

std::ostream& operator<<(std::ostream& out, const Window& window);  // "3x3 stride 2 same"

// The window along one axis of known length, as plain data for kernels: place p covers the elements
// p * stride - before + i * dilation for i in [0, size), of which those outside of [0, in) count as padding.
struct WindowAxis {
  int64_t size = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t before = 0;
  int64_t behind = 0;
  int64_t in = 0;   // elements
  int64_t out = 0;  // places
};
WindowAxis window_axis(const Window& window, int axis, int64_t length);

// The height and width of the result over NHWC `x`. Throws LAMINA_CHECK texts where a size, stride or dilation is below 1,
// an amount of padding is negative, or the window is larger than what there is.
Shape window_places(const Window& window, const Shape& x);

}  // namespace lamina
