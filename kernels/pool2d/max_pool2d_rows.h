// SPDX-License-Identifier: Apache-2.0
// Rows of max_pool2d and of its gradient with the channels as vectors: at each place all taps in turn, over all channels.
#pragma once

#include "kernels/pool2d/pool2d_geometry.h"

namespace lamina {

// One row of places of one picture: x (rows.in, columns.in, channels) of it, y and taps (columns.out, channels) of the row.
// `largest` is room for `channels` numbers.
template <class T>
void max_pool2d_row(const Pool2dGeometry& g, const T* x, int64_t row, T* y, int32_t* taps, float* largest);

// One row of dx of one picture, gathered from the windows that reach over it: dy and taps (rows.out, columns.out, channels) of
// the picture, dx (columns.in, channels) of the row; `sums` is room for as many numbers.
template <class T>
void max_pool2d_grad_row(const Pool2dGeometry& g, const T* dy, const int32_t* taps, int64_t row, T* dx, float* sums);

}  // namespace lamina
