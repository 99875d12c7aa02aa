// SPDX-License-Identifier: Apache-2.0
// The factors of a Conv2dProduct, element by element, device only. A number along m or k is taken apart once and kept: two
// halves make an element.
#pragma once

#include "core/simt/simt.h"
#include "kernels/conv2d/conv2d_product.h"

namespace lamina::SIMT_BACKEND {

template <Conv2dPass kPass>
class Conv2dGather {
 public:
  // A place or pixel: its image, and its row and column as the window sees them.
  struct Pixel {
    int image, row, column;
  };
  // A tap of the window in elements of x, and a channel.
  struct Tap {
    int row, column, channel;
    int index;  // of the tap alone: i * columns + j
  };
  static constexpr bool kLinesArePixels = kPass != Conv2dPass::wgrad;

  __device__ explicit Conv2dGather(const Conv2dProduct& product) : p_(product) {}

  __device__ Pixel pixel(uint32_t number) const {
    const uint32_t line = p_.by_image_columns.quotient(number);
    const uint32_t image = p_.by_image_rows.quotient(line);
    const int column = static_cast<int>(number - line * p_.by_image_columns.value());
    const int row = static_cast<int>(line - image * p_.by_image_rows.value());
    const int rows_before = static_cast<int>(p_.rows.before), columns_before = static_cast<int>(p_.columns.before);
    if constexpr (kPass == Conv2dPass::dgrad) return {static_cast<int>(image), row + rows_before, column + columns_before};
    return {static_cast<int>(image), row * static_cast<int>(p_.rows.stride) - rows_before,
            column * static_cast<int>(p_.columns.stride) - columns_before};
  }

  __device__ Tap tap(uint32_t number) const {
    const uint32_t index = p_.by_channels.quotient(number);
    const uint32_t row = p_.by_window_columns.quotient(index);
    const uint32_t column = index - row * p_.by_window_columns.value();
    return {static_cast<int>(row) * static_cast<int>(p_.rows.dilation), static_cast<int>(column) * static_cast<int>(p_.columns.dilation),
            static_cast<int>(number - index * p_.by_channels.value()), static_cast<int>(index)};
  }

  // Where in x (dgrad: dy) the tap lies at the pixel, or -1 where that is padding or between two places.
  __device__ int offset(const Pixel& pixel, const Tap& tap) const {
    if constexpr (kPass == Conv2dPass::dgrad) {
      const int down = pixel.row - tap.row, right = pixel.column - tap.column;
      if (down < 0 || right < 0) return -1;
      const int row = static_cast<int>(p_.by_row_stride.quotient(static_cast<uint32_t>(down)));
      const int column = static_cast<int>(p_.by_column_stride.quotient(static_cast<uint32_t>(right)));
      if (row * static_cast<int>(p_.rows.stride) != down || column * static_cast<int>(p_.columns.stride) != right) return -1;
      if (row >= p_.rows.out || column >= p_.columns.out) return -1;
      return ((pixel.image * static_cast<int>(p_.rows.out) + row) * static_cast<int>(p_.columns.out) + column) * p_.channels_out +
             tap.channel;
    } else {
      const int row = pixel.row + tap.row, column = pixel.column + tap.column;
      if (row < 0 || column < 0 || row >= p_.rows.in || column >= p_.columns.in) return -1;
      return ((pixel.image * static_cast<int>(p_.rows.in) + row) * static_cast<int>(p_.columns.in) + column) * p_.channels_in +
             tap.channel;
    }
  }

  // Where B[k, n] lies in w, or in dy for wgrad.
  __device__ int offset_of_right(uint32_t k, int n) const {
    if constexpr (kPass != Conv2dPass::dgrad) return static_cast<int>(k) * p_.channels_out + n;
    const Tap at = tap(k);
    return (at.index * p_.channels_in + n) * p_.channels_out + at.channel;
  }

 private:
  const Conv2dProduct& p_;
};

}  // namespace lamina::SIMT_BACKEND
