// SPDX-License-Identifier: Apache-2.0
#include "core/compile/build_gradients.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/base/check.h"
#include "core/graph/pointwise.h"

namespace lamina {
namespace {

// The nodes on a path from a Value of `wrt` to an output: only they are differentiated.
std::set<const Node*> nodes_between(const std::vector<std::shared_ptr<const Node>>& order, std::span<const Value> wrt) {
  std::set<ValueKey> sources(wrt.begin(), wrt.end());
  std::set<const Node*> reached;
  for (const Value& value : wrt) {
    if (value.exists()) reached.insert(value.node().get());
  }
  for (const auto& node : order) {
    const bool depends = std::any_of(node->inputs.begin(), node->inputs.end(),
                                     [&](const Value& input) { return reached.contains(input.node().get()); });
    if (depends) reached.insert(node.get());
  }
  return reached;
}

}  // namespace

std::vector<Value> build_gradients(std::span<const Value> outputs, std::span<const Value> seeds, std::span<const Value> wrt) {
  LAMINA_ASSERT(outputs.size() == seeds.size());
  const auto order = topological_order(outputs);
  const std::set<const Node*> active = nodes_between(order, wrt);

  std::map<ValueKey, Value> gradients;
  const auto accumulate = [&](const Value& value, const Value& gradient) {
    LAMINA_ASSERT(gradient.type() == value.type(), value.node()->name, ": gradient ", gradient.type(), " of ", value.type());
    const auto [entry, inserted] = gradients.try_emplace(value, gradient);
    if (!inserted) entry->second = add(entry->second, gradient);
  };
  for (size_t i = 0; i < outputs.size(); ++i) accumulate(outputs[i], seeds[i].exists() ? seeds[i] : ones_like(outputs[i]));

  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    const std::shared_ptr<const Node>& node = *at;
    if (!active.contains(node.get()) || !node->op->gradient || node->inputs.empty()) continue;
    std::vector<Value> node_outputs, output_gradients;
    bool any = false;
    for (size_t i = 0; i < node->outputs.size(); ++i) {
      node_outputs.emplace_back(node, static_cast<int>(i));
      const auto found = gradients.find(node_outputs.back());
      output_gradients.push_back(found == gradients.end() ? Value() : found->second);
      any = any || output_gradients.back().exists();
    }
    if (!any) continue;
    const NameScope scope("gradient/" + node->name);
    const std::vector<Value> input_gradients = node->op->gradient({*node, node->inputs, node_outputs, output_gradients});
    LAMINA_ASSERT(input_gradients.size() == node->inputs.size(), node->name);
    for (size_t i = 0; i < node->inputs.size(); ++i) {
      const bool wanted = active.contains(node->inputs[i].node().get());
      if (wanted && input_gradients[i].exists()) accumulate(node->inputs[i], input_gradients[i]);
    }
  }

  std::vector<Value> results;
  for (const Value& value : wrt) {
    const auto found = gradients.find(value);
    results.push_back(found == gradients.end() ? Value() : found->second);
  }
  return results;
}

}  // namespace lamina
