// SPDX-License-Identifier: Apache-2.0
// x (..., C) as the rows that the loops of batch_norm walk over: `width` columns, a whole number of channel groups side by side,
// so that a row is long however few the channels are; column j is of channel j % C. The last row may be cut.
// Below, the vectorised loops of the cpu over such rows. They take f32, bf16 and f16 and compute in f32.
#pragma once

#include <cstdint>

#include "core/base/dtype.h"

namespace lamina {

struct BatchNormRows {
  int64_t channels = 0;
  int64_t width = 0;     // of a row, a multiple of channels; 0 where there are none
  int64_t elements = 0;  // of x
  constexpr int64_t per_channel() const { return channels ? elements / channels : 0; }
  constexpr int64_t rows() const { return width ? (elements + width - 1) / width : 0; }
};

// Per column [width]: z = (x - center) scale + shift. x - center is exact where x is near the center, so that a mean that is
// large beside the deviation costs no digits.
struct BatchNormColumns {
  const float* center;
  const float* scale;
  const float* shift;
};

// In all of these `count` elements start in column 0 of rows of `width`.

// sums [width] += x - center; squares [width] += (x - center)^2.
void add_moments(DType type, const void* x, int64_t count, int64_t width, const float* center, float* sums, float* squares);

// y = z where z >= 0, else slope z; + residual, unless that is null.
void normalise(DType type, const void* x, const void* residual, void* y, int64_t count, int64_t width,
               const BatchNormColumns& columns, float slope);

// With dz = dy where z >= 0, else slope dy: sums [width] += dz; products [width] += dz (x - center).
void add_gradient_sums(DType type, const void* dy, const void* x, int64_t count, int64_t width, const BatchNormColumns& columns,
                       float slope, float* sums, float* products);

// dx = scale (dz - (factor (x - center) + offset)), the last two per column.
void differentiate(DType type, const void* dy, const void* x, void* dx, int64_t count, int64_t width,
                   const BatchNormColumns& columns, const float* factor, const float* offset, float slope);

}  // namespace lamina
