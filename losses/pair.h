// SPDX-License-Identifier: Apache-2.0
// What the losses need to know of their two arguments before the formula.
#pragma once

#include <optional>

#include "core/graph/pointwise.h"

namespace lamina::losses {

struct Pair {
  Value y_true;
  Value y_pred;
};

// Both as f32 (f64 where y_pred is) and, where the ranks differ by a last axis of one, of one rank: a vector becomes a
// column, of higher ranks the axis goes. Throws, naming the loss, where the ranks still differ.
Pair aligned(const char* loss, const Value& y_true, const Value& y_pred);

// The same, but two vectors become columns too, so that there is one number per sample and not one for the batch.
Pair aligned_columns(const char* loss, const Value& y_true, const Value& y_pred);

// f32, or f64 for f64.
Value widened(const Value& x);

// x where y_pred = sigmoid(x), or softmax(x) over the last axis, perhaps with casts behind it.
std::optional<Value> logits_behind_sigmoid(const Value& y_pred);
std::optional<Value> logits_behind_softmax(const Value& y_pred);

// Probabilities as they may stand under a logarithm: within [epsilon, 1 - epsilon]. Beyond there is no gradient.
Value clipped_probabilities(const Value& p);

}  // namespace lamina::losses
