// SPDX-License-Identifier: Apache-2.0
// Compiled with -fno-trapping-math (kernels/CMakeLists.txt): comparisons vectorise as selections.
#include "kernels/pool2d/max_pool2d_rows.h"

#include <algorithm>

#include "kernels/program/vector_widths.h"

namespace lamina {
namespace {

template <class T>
LAMINA_INLINED inline void keep_larger(const T* x, int32_t tap, int64_t channels, float* largest, int32_t* taps) {
#pragma GCC ivdep
  for (int64_t c = 0; c < channels; ++c) {
    const float element = convert<float>(x[c]), known = largest[c];
    const bool larger = replaces(element, known);
    largest[c] = larger ? element : known;
    taps[c] = larger ? tap : taps[c];
  }
}

template <class T>
LAMINA_INLINED inline void first_of(const T* x, int32_t tap, int64_t channels, float* largest, int32_t* taps) {
#pragma GCC ivdep
  for (int64_t c = 0; c < channels; ++c) largest[c] = convert<float>(x[c]), taps[c] = tap;
}

template <class T>
LAMINA_INLINED inline void store(const float* values, int64_t count, T* to) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) to[i] = convert<T>(values[i]);
}

template <class T>
LAMINA_INLINED inline void add_where(const T* dy, const int32_t* taps, int32_t tap, int64_t channels, float* sums) {
#pragma GCC ivdep
  for (int64_t c = 0; c < channels; ++c) sums[c] += taps[c] == tap ? convert<float>(dy[c]) : 0.0f;
}

template <class T>
LAMINA_INLINED inline void forward_row(const Pool2dGeometry& g, const T* x, int64_t row, T* y, int32_t* taps, float* largest) {
  const Covered down = taps_inside(g.rows, row);
  for (int64_t column = 0; column < g.columns.out; ++column, y += g.channels, taps += g.channels) {
    const Covered right = taps_inside(g.columns, column);
    bool first = true;
    for (int64_t i = down.first_tap; i < down.last_tap; ++i) {
      const int64_t from_row = row * g.rows.stride - g.rows.before + i * g.rows.dilation;
      for (int64_t j = right.first_tap; j < right.last_tap; ++j, first = false) {
        const int64_t from_column = column * g.columns.stride - g.columns.before + j * g.columns.dilation;
        const T* const from = x + (from_row * g.columns.in + from_column) * g.channels;
        const auto tap = static_cast<int32_t>(i * g.columns.size + j);
        first ? first_of(from, tap, g.channels, largest, taps) : keep_larger(from, tap, g.channels, largest, taps);
      }
    }
    store(largest, g.channels, y);
  }
}

template <class T>
LAMINA_INLINED inline void backward_row(const Pool2dGeometry& g, const T* dy, const int32_t* taps, int64_t row, T* dx, float* sums) {
  const int64_t width = g.columns.in * g.channels;
  std::fill(sums, sums + width, 0.0f);
  for (int64_t i = 0; i < g.rows.size; ++i) {
    const int64_t down = row + g.rows.before - i * g.rows.dilation;
    if (down < 0 || down % g.rows.stride || down / g.rows.stride >= g.rows.out) continue;
    const int64_t line = down / g.rows.stride * g.columns.out;
    for (int64_t place = 0; place < g.columns.out; ++place) {
      const Covered right = taps_inside(g.columns, place);
      const int64_t at = (line + place) * g.channels;
      for (int64_t j = right.first_tap; j < right.last_tap; ++j) {
        const int64_t column = place * g.columns.stride - g.columns.before + j * g.columns.dilation;
        add_where(dy + at, taps + at, static_cast<int32_t>(i * g.columns.size + j), g.channels, sums + column * g.channels);
      }
    }
  }
  store(sums, width, dx);
}

}  // namespace

#define LAMINA_POOL_ROWS(T)                                                                                                    \
  template <>                                                                                                                  \
  LAMINA_VECTOR_WIDTHS void max_pool2d_row<T>(const Pool2dGeometry& g, const T* x, int64_t row, T* y, int32_t* taps, float* largest) { \
    forward_row(g, x, row, y, taps, largest);                                                                                  \
  }                                                                                                                            \
  template <>                                                                                                                  \
  LAMINA_VECTOR_WIDTHS void max_pool2d_grad_row<T>(const Pool2dGeometry& g, const T* dy, const int32_t* taps, int64_t row, T* dx,      \
                                                   float* sums) {                                                              \
    backward_row(g, dy, taps, row, dx, sums);                                                                                  \
  }
LAMINA_POOL_ROWS(float)
LAMINA_POOL_ROWS(bf16)
LAMINA_POOL_ROWS(f16)
#undef LAMINA_POOL_ROWS

}  // namespace lamina
