// SPDX-License-Identifier: Apache-2.0
// Both ops with numbers for everything, for every device. Lines are the rows of all pictures of the batch: line l of x is
// lines l * rows to l * rows + rows - 1 of y.
#pragma once

#include "kernels/copies/strided_copy.h"

namespace lamina {

struct UpsampleGeometry {
  int64_t lines = 0;  // of x: batch * height
  int64_t width = 0;  // of x
  int64_t channels = 0;
  int64_t rows = 1, columns = 1;  // repeats

  constexpr int64_t count() const { return lines * width * channels; }     // of x
  constexpr int64_t y_line() const { return width * columns * channels; }  // elements of a line of y
};

UpsampleGeometry upsample_geometry(const Attributes& attributes, const Extents& x);

// The repeats are axes of their own, along which x stands still.
StridedCopy upsample_copy(const KernelQuery& query);

}  // namespace lamina
