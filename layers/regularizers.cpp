// SPDX-License-Identifier: Apache-2.0
#include "layers/regularizers.h"

#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"

namespace lamina {

Regularizer l1(double factor) {
  return {"l1", [factor](const Value& weight) { return factor * sum(abs(weight)); }};
}

Regularizer l2(double factor) {
  return {"l2", [factor](const Value& weight) { return factor * sum(square(weight)); }};
}

Regularizer l1_l2(double l1_factor, double l2_factor) {
  return {"l1_l2", [=](const Value& weight) { return l1_factor * sum(abs(weight)) + l2_factor * sum(square(weight)); }};
}

}  // namespace lamina
