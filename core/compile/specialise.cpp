// SPDX-License-Identifier: Apache-2.0
#include "core/base/check.h"
#include "core/compile/passes.h"
#include "core/graph/pointwise.h"

namespace lamina {

Graph specialise(const Graph& graph, const SymbolBindings& bindings) {
  return rewrite(graph, [&](const std::shared_ptr<const Node>& node, const std::vector<Value>& inputs) -> std::vector<Value> {
    if (node->op == &size_op()) {
      const HostTensor size = HostTensor::scalar(static_cast<double>(size_of_node(*node).substitute(bindings).number()));
      return {constant(size.cast(node->outputs[0].dtype))};
    }
    auto copy = std::shared_ptr<Node>(
        new Node{node->op, node->attributes.substitute(bindings), inputs, {}, node->name, node->serial});
    try {
      copy->outputs = node->op->infer(copy->attributes, types_of(inputs));
    } catch (const Error& error) {
      throw Error(error.kind(), text("[", node->op->name, "] node \"", node->name, "\": ", error.what()));
    }
    const std::shared_ptr<const Node> made = copy;
    std::vector<Value> outputs;
    for (size_t i = 0; i < made->outputs.size(); ++i) {
      LAMINA_ASSERT(made->outputs[i].shape.is_concrete(), node->name, " ", made->outputs[i]);
      outputs.emplace_back(made, static_cast<int>(i));
    }
    return outputs;
  });
}

}  // namespace lamina
