// SPDX-License-Identifier: Apache-2.0
// The order in which Keras lists the layers of a model: by distance from the outputs, farthest first; equals in the order
// in which a walk from the outputs, depth first and along the inputs, first meets them.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/graph/value.h"

namespace lamina {

// What is listed once: all calls of one layer, or one input.
struct OrderedOperation {
  std::shared_ptr<const Node> node;  // the call that was made first
  std::vector<std::shared_ptr<const Node>> calls;  // in the order in which they were made
};

// The layers that `outputs` reach and the `inputs` of a model, also those that nothing reads. A layer that is called at
// several distances stands at the farthest.
std::vector<OrderedOperation> keras_order(std::span<const Value> inputs, std::span<const Value> outputs);

}  // namespace lamina
