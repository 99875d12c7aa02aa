// SPDX-License-Identifier: Apache-2.0
// Two-dimensional convolution (cross-correlation, as in Keras): x (N, H, W, C), filters w (KH, KW, C, O), result
// y (N, OH, OW, O):  y[n, p, q, o] = sum over i, j, c of x[n, p*sh - before_h + i*dh, q*sw - before_w + j*dw, c] w[i, j, c, o],
// with zeros where x ends. An epilogue (kernels/epilogue) may follow in the same step: compilation makes one of what users
// write behind a convolution.
#pragma once

#include "core/graph/value.h"
#include "kernels/epilogue/epilogue.h"
#include "kernels/window/window.h"

namespace lamina {

struct Conv2dAttributes {
  Window window;
  Shape shape = {};         // of the result of a gradient: x's of conv2d_dgrad, w's of conv2d_wgrad
  Epilogue epilogue = {};   // of conv2d
  template <class Visitor>
  void visit(Visitor&& field) {
    field("window", window), field("shape", shape), field("epilogue", epilogue);
  }
  friend bool operator==(const Conv2dAttributes&, const Conv2dAttributes&) = default;
};

const OpDef& conv2d_op();
const OpDef& conv2d_dgrad_op();
const OpDef& conv2d_wgrad_op();

// The size of `window` is taken from w, whose height and width must be numbers. x and w have one floating type, which is
// y's; sums are made in f32 (f64 for f64). With an epilogue y = leaky(scale * sums + shift) + residual, rounded once.
Value conv2d(const Value& x, const Value& w, Window window = {}, const EpilogueInputs& epilogue = {});

// What a convolution of the same window hands back: the gradient of its x (of the given shape), and of its w.
Value conv2d_dgrad(const Value& dy, const Value& w, Window window, const Shape& x_shape);
Value conv2d_wgrad(const Value& x, const Value& dy, Window window, const Shape& w_shape);

}  // namespace lamina
