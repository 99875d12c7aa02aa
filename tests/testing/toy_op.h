// SPDX-License-Identifier: Apache-2.0
// An op of the tests' own: `toy` gives its first input and a second, scalar output, and takes in any pointwise node that reads
// the first, whose other operands become its inputs.
#pragma once

#include <optional>
#include <vector>

#include "core/graph/graph.h"

namespace lamina::testing {

struct ToyAttributes {
  int taken = 0;
  template <class Visitor>
  void visit(Visitor&& field) {
    field("taken", taken);
  }
  friend bool operator==(const ToyAttributes&, const ToyAttributes&) = default;
};

inline OpDef toy_definition(bool in_training) {
  return {.name = "toy",
          .infer =
              [](const Attributes&, std::span<const TensorType> inputs) {
                return std::vector<TensorType>{inputs[0], {inputs[0].dtype, Shape{}}};
              },
          .gradient =
              [](const GradientContext& context) {
                std::vector<Value> gradients(context.inputs.size());
                gradients[0] = context.output_gradients[0];
                return gradients;
              },
          .flops = {},
          .absorb = [](const Node& node, const Node& user) -> std::optional<Absorbed> {
            Absorbed made{ToyAttributes{node.attributes.get<ToyAttributes>().taken + 1}, node.inputs};
            for (const Value& input : user.inputs) {
              if (input.node().get() != &node) made.inputs.push_back(input);
            }
            return made;
          },
          .absorbs_in_training = in_training};
}

inline const OpDef& toy_op() {
  static const OpDef op = toy_definition(true);
  return op;
}

// How many users each toy of the graph has taken in.
inline std::vector<int> taken(const Graph& graph) {
  std::vector<int> counts;
  for (const auto& node : graph.nodes()) {
    if (node->op->name == "toy") counts.push_back(node->attributes.get<ToyAttributes>().taken);
  }
  return counts;
}

}  // namespace lamina::testing
