// SPDX-License-Identifier: Apache-2.0
// softmax and its logarithm along one axis, with the largest element of each row subtracted first:
//
//   softmax(x)_i     = exp(x_i - m) / s       m = max_j x_j,  s = sum_j exp(x_j - m)
//   log_softmax(x)_i = x_i - m - log(s)
//
// An element of -inf has probability 0 (a masked place). A row has no answer and becomes NaN everywhere where it holds a
// NaN or +inf, or nothing but -inf: as in Keras and PyTorch, so that a bad number is never hidden.
#pragma once

#include "core/graph/value.h"

namespace lamina {

struct SoftmaxAttributes {
  int axis = 0;  // counted from the front
  template <class Visitor>
  void visit(Visitor&& field) {
    field("axis", axis);
  }
  friend bool operator==(const SoftmaxAttributes&, const SoftmaxAttributes&) = default;
};

const OpDef& softmax_op();
const OpDef& log_softmax_op();

// `x` of any floating type and of rank 1 or more; computed in f32 (f64 for f64), stored in x's type.
Value softmax(const Value& x, int axis = -1);
Value log_softmax(const Value& x, int axis = -1);

}  // namespace lamina
