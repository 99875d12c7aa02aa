// SPDX-License-Identifier: Apache-2.0
// Pooling over height and width of x (N, H, W, C): the largest element or the mean of each window, per channel. Padding takes
// no part: it is never the largest and is not counted in the mean (TensorFlow's rule).
#pragma once

#include "core/graph/value.h"
#include "kernels/window/window.h"

namespace lamina {

struct Pool2dAttributes {
  Window window;
  Shape shape;  // of x, for the gradients
  template <class Visitor>
  void visit(Visitor&& field) {
    field("window", window), field("shape", shape);
  }
  friend bool operator==(const Pool2dAttributes&, const Pool2dAttributes&) = default;
};

// Outputs: y, and (i32) which tap of the window it was, counted along its rows; the first of equal ones. A NaN is larger than
// every number.
const OpDef& max_pool2d_op();
const OpDef& max_pool2d_grad_op();  // (dy, taps) -> dx
const OpDef& average_pool2d_op();
const OpDef& average_pool2d_grad_op();  // dy -> dx

// Floats only. The padding on each side must be smaller than the window, which then always holds an element of x.
Value max_pool2d(const Value& x, const Window& window);
Value average_pool2d(const Value& x, const Window& window);

}  // namespace lamina
