// SPDX-License-Identifier: Apache-2.0
#include "core/base/check.h"
#include "core/compile/passes.h"
#include "core/graph/reorder.h"

namespace lamina {
namespace {

Layout layout_of(const Selection& selection, const Value& value) {
  const auto choice = selection.find(value.node().get());
  if (choice == selection.end()) return Layout::row_major();  // leaves and views
  const auto& layouts = choice->second.prepared.output_layouts;
  const auto output = static_cast<size_t>(value.output());
  return output < layouts.size() ? layouts[output] : Layout::row_major();
}

}  // namespace

Graph assign_layouts(const Graph& graph, Selection& selection, const OpRegistry& ops, const PlanOptions& options) {
  Selection assigned;
  // One reorder for all readers that want the same layout; of a variable it therefore happens once a step.
  std::map<std::pair<ValueKey, std::string>, Value> reordered;

  const auto converted = [&](const Value& value, const Layout& to) {
    const Layout from = layout_of(assigned, value);
    if (from == to) return value;
    Value& known = reordered[{value, to_string(to)}];
    if (known.exists()) return known;
    const std::shared_ptr<const Node> node(new Node{&reorder_op(), ReorderAttributes{from, to}, {value}, {value.type()},
                                                    value.node()->name + "/reorder", value.node()->serial});
    Choice choice = select_impl(*node, ops, options);
    choice.prepared.input_layouts = {from};
    choice.prepared.output_layouts = {to};
    assigned[node.get()] = std::move(choice);
    return known = Value(node, 0);
  };

  Graph result = rewrite(graph, [&](const std::shared_ptr<const Node>& node, const std::vector<Value>& inputs) -> std::vector<Value> {
    const auto choice = selection.find(node.get());
    const auto wanted = [&](size_t i) {
      if (choice == selection.end()) return Layout::row_major();
      const auto& layouts = choice->second.prepared.input_layouts;
      return i < layouts.size() ? layouts[i] : Layout::row_major();
    };
    std::vector<Value> placed;
    for (size_t i = 0; i < inputs.size(); ++i) placed.push_back(converted(inputs[i], wanted(i)));
    const std::shared_ptr<const Node> made(
        new Node{node->op, node->attributes, std::move(placed), node->outputs, node->name, node->serial});
    if (choice != selection.end()) assigned[made.get()] = choice->second;
    std::vector<Value> outputs;
    for (size_t i = 0; i < made->outputs.size(); ++i) outputs.emplace_back(made, static_cast<int>(i));
    return outputs;
  });
  // What leaves the graph is row-major.
  for (NamedValue& output : result.outputs) output.value = converted(output.value, Layout::row_major());
  if (result.loss.exists()) result.loss = converted(result.loss, Layout::row_major());
  selection = std::move(assigned);
  return result;
}

}  // namespace lamina
