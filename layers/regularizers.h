// SPDX-License-Identifier: Apache-2.0
// Penalties on weights, added to the loss (never to an output's own loss). l2(c) is c * sum(w^2), without Keras' or
// darknet's factor of a half being anywhere: the gradient is 2 c w.
#pragma once

#include <functional>
#include <string>

#include "core/graph/value.h"

namespace lamina {

struct Regularizer {
  std::string name = {};
  std::function<Value(const Value& weight)> penalty = {};  // a scalar; absent: none
};

Regularizer l1(double factor = 0.01);
Regularizer l2(double factor = 0.01);
Regularizer l1_l2(double l1_factor = 0.01, double l2_factor = 0.01);

}  // namespace lamina
