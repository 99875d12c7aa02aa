// SPDX-License-Identifier: Apache-2.0
#include "core/graph/reorder.h"

namespace lamina {

const OpDef& reorder_op() {
  static const OpDef op{.name = "reorder",
                        .infer =
                            [](const Attributes&, std::span<const TensorType> inputs) {
                              return std::vector<TensorType>{inputs[0]};
                            },
                        .gradient = {},
                        .flops = {},
                        .exact_on_integers = true};
  return op;
}

}  // namespace lamina
