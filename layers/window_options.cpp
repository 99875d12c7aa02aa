// SPDX-License-Identifier: Apache-2.0
#include "layers/window_options.h"

#include <ostream>

#include "core/base/check.h"

namespace lamina {
namespace {

// Elements from the first to the last that one window touches.
int64_t reach(int64_t size, int64_t dilation) { return (size - 1) * dilation + 1; }

void check_axis(const WindowOptions& options, const char* axis, int64_t needed, const Dim& length, const Edges2D::Ends& padding) {
  const int64_t padded = padding.first + padding.second;
  LAMINA_CHECK(
      !length.is_number() || length.number() + padded >= needed, "[", options.layer, "] ", options.size_option, " ", options.size,
      options.dilation_rate.height * options.dilation_rate.width > 1 ? text(" with dilation_rate ", options.dilation_rate) : "",
      " needs a ", axis, " of at least ", needed - padded, ", got ", length, "; make it smaller, or the padding \"same\"");
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Size2D& size) { return out << "(" << size.height << ", " << size.width << ")"; }

std::ostream& operator<<(std::ostream& out, const Edges2D& edges) {
  const auto& [height, width] = edges;
  return out << "((" << height.first << ", " << height.second << "), (" << width.first << ", " << width.second << "))";
}

void check_positive(const char* layer, const char* option, const Size2D& size) {
  LAMINA_CHECK(size.height > 0 && size.width > 0, "[", layer, "] ", option, " must be positive, got ", size);
}

void check_not_negative(const char* layer, const char* option, const Edges2D& edges) {
  const auto& [height, width] = edges;
  LAMINA_CHECK(height.first >= 0 && height.second >= 0 && width.first >= 0 && width.second >= 0, "[", layer, "] ", option,
               " must not be negative, got ", edges);
}

Window window_of(const WindowOptions& options) {
  const auto& [layer, size_option, size, strides, padding, dilation] = options;
  check_positive(layer, size_option, size);
  check_positive(layer, "strides", strides);
  check_positive(layer, "dilation_rate", dilation);
  Window window{
      .size = {size.height, size.width}, .stride = {strides.height, strides.width}, .dilation = {dilation.height, dilation.width}};
  if (padding.amounts) {
    const auto& [height, width] = *padding.amounts;
    check_not_negative(layer, "padding", *padding.amounts);
    window.padding = Window::Padding::given;
    window.before = {height.first, width.first};
    window.behind = {height.second, width.second};
  } else {
    LAMINA_CHECK(padding.rule == "valid" || padding.rule == "same", "[", layer, "] padding: expected valid or same, got '",
                 padding.rule, "'", did_you_mean(padding.rule, {"valid", "same"}));
    window.padding = padding.rule == "same" ? Window::Padding::same : Window::Padding::valid;
  }
  return window;
}

void check_reach(const WindowOptions& options, const Shape& x) {
  if (options.padding.rule == "same") return;
  const Edges2D padding = options.padding.amounts.value_or(0);
  check_axis(options, "height", reach(options.size.height, options.dilation_rate.height), x[1], padding.height);
  check_axis(options, "width", reach(options.size.width, options.dilation_rate.width), x[2], padding.width);
}

}  // namespace lamina
