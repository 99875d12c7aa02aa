// SPDX-License-Identifier: Apache-2.0
// Each convolution as a product result[m, n] = sum over k of A[m, k] B[k, n] whose left factor is never stored: an element
// of A is one of x (or dy), or zero where the window hangs over the edge ("implicit GEMM").
//
//   pass      m                 n   k                 A                       B
//   forward   (image, p, q)     o   (i, j, c)         x under tap (i, j)      w, as it lies
//   dgrad     (image, row, col) c   (i, j, o)         dy over tap (i, j)      w, rows along o
//   wgrad     (i, j, c)         o   (image, p, q)     x under tap (i, j)      dy, as it lies
#pragma once

#include "kernels/conv2d/conv2d_geometry.h"
#include "kernels/copies/divisor.h"

namespace lamina {

struct Conv2dProduct {
  int m = 0, n = 0, k = 0;
  int channels_in = 0, channels_out = 0;
  WindowAxis rows, columns;
  // What numbers along m and k are taken apart with.
  Divisor by_channels, by_window_columns, by_row_stride, by_column_stride;
  Divisor by_image_columns, by_image_rows;
};

// Refused where a tensor has 2^31 elements or more: numbers are taken apart in 32 bits.
Verdict accepts_conv2d_product(Conv2dPass pass, const KernelQuery& query);
Conv2dProduct conv2d_product(Conv2dPass pass, const Conv2dGeometry& geometry);

}  // namespace lamina
