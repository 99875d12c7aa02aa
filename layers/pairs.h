// SPDX-License-Identifier: Apache-2.0
// Arguments of layers over pictures: one number for height and width, or one for each; and padding in Keras' forms.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "kernels/window/window.h"

namespace lamina {

// 3, or {3, 5}: height, then width.
class Pair {
 public:
  Pair(int both) : values_{both, both} {}                                        // NOLINT: every form converts
  Pair(int64_t both) : values_{both, both} {}                                    // NOLINT
  Pair(int64_t height, int64_t width) : values_{height, width} {}
  const std::array<int64_t, 2>& values() const { return values_; }
  friend bool operator==(const Pair&, const Pair&) = default;

 private:
  std::array<int64_t, 2> values_;
};

// Rows before and behind, then columns before and behind: 1, {1, 2} for height and width, {{1, 0}, {1, 0}}.
class Margins {
 public:
  using Side = std::pair<int64_t, int64_t>;
  Margins(int all) : rows_{all, all}, columns_{all, all} {}                            // NOLINT: every form converts
  Margins(int64_t all) : rows_{all, all}, columns_{all, all} {}                        // NOLINT
  Margins(int64_t height, int64_t width) : rows_{height, height}, columns_{width, width} {}
  Margins(Side rows, Side columns) : rows_(rows), columns_(columns) {}
  const Side& rows() const { return rows_; }
  const Side& columns() const { return columns_; }

 private:
  Side rows_, columns_;
};

// "valid", "same", or given margins, as darknet's {{1, 0}, {1, 0}}.
class Padding2D {
 public:
  Padding2D(const char* name) : name_(name) {}            // NOLINT: every form converts
  Padding2D(std::string name) : name_(std::move(name)) {} // NOLINT
  Padding2D(Margins margins) : margins_(margins) {}       // NOLINT
  Padding2D(Margins::Side rows, Margins::Side columns) : margins_(rows, columns) {}

  // Writes itself into `window`; throws, for the layer named `layer`, where the name is neither of the two or a margin is
  // negative.
  void apply_to(Window& window, const char* layer) const;

 private:
  std::string name_;  // empty: the margins
  Margins margins_ = 0;
};

// A window of `size` moved by `strides`; throws, for the layer named `layer`, where a number is below 1.
Window window_of(const char* layer, const Pair& size, const Pair& strides, const Pair& dilation, const Padding2D& padding);

}  // namespace lamina
