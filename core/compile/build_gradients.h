// SPDX-License-Identifier: Apache-2.0
// Reverse mode over a traced graph. Before: the loss is one scalar. After: one gradient per asked Value; contributions
// of several uses (shared layers) are summed in a fixed order. It stands before the optimizer, which reads gradients,
// and before any fusion, because only single ops have gradient rules.
#pragma once

#include <vector>

#include "core/graph/value.h"

namespace lamina {

// d(sum of outputs * seeds) / d(wrt), one per `wrt`; an empty Value where nothing flows. Seeds have their output's type;
// an empty seed means ones.
std::vector<Value> build_gradients(std::span<const Value> outputs, std::span<const Value> seeds, std::span<const Value> wrt);

}  // namespace lamina
