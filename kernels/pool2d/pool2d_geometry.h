// SPDX-License-Identifier: Apache-2.0
// A pool with numbers for everything, and the arithmetic of one element of each of its four ops, for all devices.
#pragma once

#include "core/op/kernel_impl.h"
#include "kernels/pool2d/pool2d.h"

namespace lamina {

struct Pool2dGeometry {
  int64_t batch = 0;
  int64_t channels = 0;
  WindowAxis rows, columns;

  constexpr int64_t x_at(int64_t image, int64_t row, int64_t column, int64_t channel) const {
    return ((image * rows.in + row) * columns.in + column) * channels + channel;
  }
  constexpr int64_t y_at(int64_t image, int64_t row, int64_t column, int64_t channel) const {
    return ((image * rows.out + row) * columns.out + column) * channels + channel;
  }
};

enum class Pool2dPass { max, max_grad, average, average_grad };
constexpr bool is_gradient(Pool2dPass pass) { return pass == Pool2dPass::max_grad || pass == Pool2dPass::average_grad; }

inline Pool2dGeometry pool2d_geometry(Pool2dPass pass, const KernelQuery& query) {
  const Window& window = query.attributes.get<Pool2dAttributes>().window;
  const Extents x = is_gradient(pass) ? query.out_extents(0) : query.in_extents(0);
  return {x[0], x[3], window_axis(window, 0, x[1]), window_axis(window, 1, x[2])};
}

// The elements [first, last) of an axis that place `place` covers with taps first_tap, first_tap + 1, ...
struct Covered {
  int64_t first_tap, last_tap;
};

// Which taps of a place lie on elements.
constexpr Covered taps_inside(const WindowAxis& axis, int64_t place) {
  const int64_t start = place * axis.stride - axis.before;
  const int64_t first = start >= 0 ? 0 : (-start + axis.dilation - 1) / axis.dilation;
  const int64_t room = axis.in - start;  // elements from the first tap on
  const int64_t last = room <= 0 ? 0 : (room + axis.dilation - 1) / axis.dilation;
  return {first, last < axis.size ? last : axis.size};
}

// What a kernel of the pass reads, and where the result goes: `taps` is written by max and read by max_grad.
template <class T>
struct Pool2dData {
  const T* from;
  T* to;
  int32_t* taps;
};

// The rule of the maximum: a NaN is larger than every number; of equal elements the first stays.
template <class T>
constexpr bool replaces(T element, T known) {
  return (element > known) | ((element != element) & (known == known));
}

// Element (image, row, column, channel) of the result of the pass; sums in Sum, in the order of the taps.
template <Pool2dPass kPass, class Sum, class T>
constexpr void pool2d_element(const Pool2dGeometry& g, const Pool2dData<T>& data, int64_t image, int64_t row, int64_t column,
                              int64_t channel) {
  if constexpr (!is_gradient(kPass)) {
    const Covered down = taps_inside(g.rows, row), right = taps_inside(g.columns, column);
    Sum value = 0;
    int64_t tap = -1;
    for (int64_t i = down.first_tap; i < down.last_tap; ++i) {
      const int64_t from_row = row * g.rows.stride - g.rows.before + i * g.rows.dilation;
      for (int64_t j = right.first_tap; j < right.last_tap; ++j) {
        const int64_t from_column = column * g.columns.stride - g.columns.before + j * g.columns.dilation;
        const Sum element = convert<Sum>(data.from[g.x_at(image, from_row, from_column, channel)]);
        if constexpr (kPass == Pool2dPass::average) {
          value += element;
        } else if (tap < 0 || replaces(element, value)) {
          value = element;
          tap = i * g.columns.size + j;
        }
      }
    }
    const int64_t to = g.y_at(image, row, column, channel);
    if constexpr (kPass == Pool2dPass::average) {
      value /= static_cast<Sum>((down.last_tap - down.first_tap) * (right.last_tap - right.first_tap));
    } else {
      data.taps[to] = static_cast<int32_t>(tap);
    }
    data.to[to] = convert<T>(value);
  } else {
    // Every place that has a tap on this element.
    Sum sum = 0;
    for (int64_t i = 0; i < g.rows.size; ++i) {
      const int64_t down = row + g.rows.before - i * g.rows.dilation;
      if (down < 0 || down % g.rows.stride || down / g.rows.stride >= g.rows.out) continue;
      for (int64_t j = 0; j < g.columns.size; ++j) {
        const int64_t right = column + g.columns.before - j * g.columns.dilation;
        if (right < 0 || right % g.columns.stride || right / g.columns.stride >= g.columns.out) continue;
        const int64_t place_row = down / g.rows.stride, place_column = right / g.columns.stride;
        const int64_t at = g.y_at(image, place_row, place_column, channel);
        if constexpr (kPass == Pool2dPass::max_grad) {
          if (data.taps[at] == i * g.columns.size + j) sum += convert<Sum>(data.from[at]);
        } else {
          const Covered rows = taps_inside(g.rows, place_row), columns = taps_inside(g.columns, place_column);
          const auto covered = static_cast<Sum>((rows.last_tap - rows.first_tap) * (columns.last_tap - columns.first_tap));
          sum += convert<Sum>(data.from[at]) / covered;
        }
      }
    }
    data.to[g.x_at(image, row, column, channel)] = convert<T>(sum);
  }
}

}  // namespace lamina
