// SPDX-License-Identifier: Apache-2.0
// How layers over pictures (batch, height, width, channels) are told sizes and padding: one number for height and width, or
// one for each; and the window of kernels/window that follows.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <utility>

#include "kernels/window/window.h"

namespace lamina {

struct Size2D {
  Size2D(int64_t both) : Size2D(both, both) {}                             // NOLINT: `.strides = 2`
  Size2D(int64_t height, int64_t width) : height(height), width(width) {}  // `.strides = {2, 1}`
  int64_t height, width;
};

// Where nothing is given, the layer says what holds.
struct OptionalSize2D : std::optional<Size2D> {
  OptionalSize2D() = default;
  OptionalSize2D(Size2D size) : std::optional<Size2D>(size) {}    // NOLINT
  OptionalSize2D(int64_t both) : OptionalSize2D(Size2D(both)) {}  // NOLINT
  OptionalSize2D(int64_t height, int64_t width) : OptionalSize2D(Size2D(height, width)) {}
};

// Rows and columns around a picture.
struct Edges2D {
  using Ends = std::pair<int64_t, int64_t>;    // before and behind
  Edges2D(int64_t all) : Edges2D(all, all) {}  // NOLINT: on all four sides
  Edges2D(int64_t height, int64_t width) : Edges2D({height, height}, {width, width}) {}
  Edges2D(Ends height, Ends width) : height(height), width(width) {}  // {{top, bottom}, {left, right}}
  Ends height, width;
};

// "valid", "same" (TensorFlow's rule: the odd one goes behind), or {{top, bottom}, {left, right}} zeros. The word is checked
// by the layer, which can name itself.
struct Padding2D {
  Padding2D(const char* rule) : rule(rule) {}             // NOLINT: `.padding = "same"`
  Padding2D(std::string rule) : rule(std::move(rule)) {}  // NOLINT
  Padding2D(Edges2D::Ends height, Edges2D::Ends width) : amounts(Edges2D(height, width)) {}
  std::string rule;
  std::optional<Edges2D> amounts;
};

std::ostream& operator<<(std::ostream& out, const Size2D& size);    // "(3, 3)"
std::ostream& operator<<(std::ostream& out, const Edges2D& edges);  // "((1, 0), (1, 0))"

// All of these throw texts that begin with "[layer] option".
void check_positive(const char* layer, const char* option, const Size2D& size);
void check_not_negative(const char* layer, const char* option, const Edges2D& edges);

// What a layer's options say. `size_option` is what the layer calls the size: "kernel_size", "pool_size".
struct WindowOptions {
  const char* layer;
  const char* size_option;
  Size2D size;
  Size2D strides;
  Padding2D padding;
  Size2D dilation_rate = 1;
};
Window window_of(const WindowOptions& options);

// That the window is not larger than the picture `x`, as far as its height and width are known.
void check_reach(const WindowOptions& options, const Shape& x);

}  // namespace lamina
