// SPDX-License-Identifier: Apache-2.0
#include "core/graph/graph.h"

#include <ostream>
#include <set>

#include "core/base/check.h"

namespace lamina {

std::vector<Value> Graph::roots() const {
  std::vector<Value> values;
  for (const NamedValue& output : outputs) values.push_back(output.value);
  if (loss.exists()) values.push_back(loss);
  for (const Update& update : updates) values.push_back(update.value);
  return values;
}

std::vector<std::shared_ptr<const Node>> Graph::nodes() const { return topological_order(roots()); }

std::map<ValueKey, int> readers_of(const Graph& graph) {
  std::map<ValueKey, int> readers;
  for (const Value& root : graph.roots()) ++readers[root];
  for (const auto& node : graph.nodes()) {
    for (const Value& input : node->inputs) ++readers[input];
  }
  return readers;
}

std::vector<std::shared_ptr<Variable>> Graph::variables() const {
  std::vector<std::shared_ptr<Variable>> found;
  std::set<const Variable*> seen;
  const auto add = [&](const std::shared_ptr<Variable>& variable) {
    if (seen.insert(variable.get()).second) found.push_back(variable);
  };
  for (const auto& node : nodes()) {
    if (node->op == &variable_op()) add(variable_of(*node));
  }
  for (const Update& update : updates) add(update.variable);
  return found;
}

std::vector<Value> rewrite(std::span<const Value> values, const Replace& replace, ValueMap& map) {
  for (const auto& node : topological_order(values)) {
    if (!node->outputs.empty() && map.contains(ValueKey(Value(node, 0)))) continue;
    std::vector<Value> inputs;
    bool changed = false;
    for (const Value& input : node->inputs) {
      inputs.push_back(map.at(input));
      changed = changed || !inputs.back().same_as(input);
    }
    std::vector<Value> outputs = replace(node, inputs);
    if (outputs.empty()) {
      if (changed) {
        // Re-made under its old name: the scopes of the first construction are long gone.
        auto copy = std::shared_ptr<Node>(new Node{node->op, node->attributes, std::move(inputs), {}, node->name, node->serial});
        copy->outputs = node->op->infer(copy->attributes, types_of(copy->inputs));
        const std::shared_ptr<const Node> made = copy;
        for (size_t i = 0; i < made->outputs.size(); ++i) outputs.emplace_back(made, static_cast<int>(i));
      } else {
        for (size_t i = 0; i < node->outputs.size(); ++i) outputs.emplace_back(node, static_cast<int>(i));
      }
    }
    LAMINA_ASSERT(outputs.size() == node->outputs.size(), node->name);
    for (size_t i = 0; i < outputs.size(); ++i) map[Value(node, static_cast<int>(i))] = outputs[i];
  }
  std::vector<Value> results;
  for (const Value& value : values) results.push_back(value.exists() ? map.at(value) : Value());
  return results;
}

Graph rewrite(const Graph& graph, const Replace& replace, ValueMap* map) {
  ValueMap local;
  ValueMap& values = map ? *map : local;
  rewrite(graph.roots(), replace, values);
  Graph result = graph;
  for (NamedValue& output : result.outputs) output.value = values.at(output.value);
  if (result.loss.exists()) result.loss = values.at(result.loss);
  for (Update& update : result.updates) update.value = values.at(update.value);
  return result;
}

void verify(const Graph& graph) {
  std::set<std::string> names;
  for (const NamedValue& output : graph.outputs) {
    LAMINA_ASSERT(names.insert(output.name).second, "output '", output.name, "' stands twice");
  }
  std::set<const Variable*> written;
  for (const Update& update : graph.updates) {
    const TensorType wanted{update.variable->dtype, update.variable->extents};
    LAMINA_ASSERT(written.insert(update.variable.get()).second, "variable '", update.variable->name, "' is updated twice");
    LAMINA_ASSERT(update.value.type() == wanted, "update of '", update.variable->name, "': ", update.value.type(),
                  " instead of ", wanted);
  }
  for (const auto& node : graph.nodes()) {
    LAMINA_ASSERT(node->op->infer(node->attributes, types_of(node->inputs)) == node->outputs, node->name);
  }
}

}  // namespace lamina
