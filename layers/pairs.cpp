// SPDX-License-Identifier: Apache-2.0
#include "layers/pairs.h"

#include "core/base/check.h"

namespace lamina {
namespace {

void check_positive(const char* layer, const char* what, const Pair& pair) {
  for (const int64_t value : pair.values()) {
    LAMINA_CHECK(value >= 1, "[", layer, "] ", what, " must be at least 1, got (", pair.values()[0], ", ", pair.values()[1], ")");
  }
}

}  // namespace

void Padding2D::apply_to(Window& window, const char* layer) const {
  if (!name_.empty()) {
    LAMINA_CHECK(name_ == "valid" || name_ == "same", "[", layer, "] padding must be 'valid', 'same' or margins, got '", name_, "'",
                 did_you_mean(name_, {"valid", "same"}));
    window.padding = name_ == "same" ? Window::Padding::same : Window::Padding::valid;
    return;
  }
  const auto& [top, bottom] = margins_.rows();
  const auto& [left, right] = margins_.columns();
  LAMINA_CHECK(top >= 0 && bottom >= 0 && left >= 0 && right >= 0, "[", layer, "] margins must not be negative, got ((", top, ", ", bottom,
               "), (", left, ", ", right, "))");
  window.padding = Window::Padding::given;
  window.before = {top, left};
  window.behind = {bottom, right};
}

Window window_of(const char* layer, const Pair& size, const Pair& strides, const Pair& dilation, const Padding2D& padding) {
  check_positive(layer, "the size of the window", size);
  check_positive(layer, "strides", strides);
  check_positive(layer, "the dilation", dilation);
  Window window{.size = size.values(), .stride = strides.values(), .dilation = dilation.values()};
  padding.apply_to(window, layer);
  return window;
}

}  // namespace lamina
