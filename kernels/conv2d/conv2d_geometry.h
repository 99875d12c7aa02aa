// SPDX-License-Identifier: Apache-2.0
// A convolution with numbers for everything, for all devices and for all three ops: x is (batch, rows.in, columns.in,
// channels_in), w (rows.size, columns.size, channels_in, channels_out), y (batch, rows.out, columns.out, channels_out).
#pragma once

#include "core/op/kernel_impl.h"
#include "kernels/conv2d/conv2d.h"

namespace lamina {

struct Conv2dGeometry {
  int64_t batch = 0;
  int64_t channels_in = 0;
  int64_t channels_out = 0;
  WindowAxis rows;
  WindowAxis columns;

  int64_t x_count() const { return batch * rows.in * columns.in * channels_in; }
  int64_t w_count() const { return rows.size * columns.size * channels_in * channels_out; }
  int64_t y_count() const { return batch * rows.out * columns.out * channels_out; }
};

inline Conv2dGeometry conv2d_geometry(const Attributes& attributes, const Extents& x, const Extents& w) {
  const Window& window = attributes.get<Conv2dAttributes>().window;
  return {x[0], x[3], w[3], window_axis(window, 0, x[1]), window_axis(window, 1, x[2])};
}

// Of whichever of the three ops asks: what it reads and writes in the order x, w, y.
enum class Conv2dPass { forward, dgrad, wgrad };

inline Conv2dGeometry conv2d_geometry(Conv2dPass pass, const KernelQuery& query) {
  switch (pass) {
    case Conv2dPass::forward: return conv2d_geometry(query.attributes, query.in_extents(0), query.in_extents(1));
    case Conv2dPass::dgrad: return conv2d_geometry(query.attributes, query.out_extents(0), query.in_extents(1));
    case Conv2dPass::wgrad: break;
  }
  return conv2d_geometry(query.attributes, query.in_extents(0), query.out_extents(0));
}

}  // namespace lamina
