// SPDX-License-Identifier: Apache-2.0
// Whole-number labels: what the sparse losses and metrics share.
#pragma once

#include "core/graph/pointwise.h"

namespace lamina::losses {

// The type of y_true for a y_pred (batch, ..., classes): i32 (batch, ...).
TensorType label_type(const TensorType& y_pred);

struct Labels {
  Value labels;  // i32 (batch, ...)
  Value hits;    // bool (batch, ..., classes): true at the label's class, nowhere if there is no such class
  Value valid;   // bool (batch, ...): the label is a class
};

// Labels may have a last axis of one more: (batch, ..., 1). Throws, naming `user`, where the shapes do not fit.
Labels labels_of(const char* user, const Value& y_true, const Value& y_pred);

}  // namespace lamina::losses
