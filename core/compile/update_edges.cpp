// SPDX-License-Identifier: Apache-2.0
#include "core/compile/update_edges.h"

#include <map>
#include <set>

#include "core/graph/leaves.h"
#include "core/graph/reshape.h"

namespace lamina {

std::vector<std::pair<int, int>> update_edges(const Graph& graph, const std::vector<std::shared_ptr<const Node>>& nodes) {
  std::map<const Variable*, int> writers;
  std::map<const Node*, int> index;
  for (size_t i = 0; i < nodes.size(); ++i) index[nodes[i].get()] = static_cast<int>(i);
  for (const Update& update : graph.updates) writers[update.variable.get()] = index.at(update.value.node().get());

  std::vector<std::pair<int, int>> edges;
  std::map<const Node*, int> views;  // of a variable that is written -> its writer
  for (size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = *nodes[i];
    if (node.op == &variable_op()) {
      const auto writer = writers.find(variable_of(node).get());
      if (writer != writers.end()) views[&node] = writer->second;
    }
    std::set<int> behind;
    for (const Value& input : node.inputs) {
      const auto view = views.find(input.node().get());
      if (view == views.end()) continue;
      if (node.op == &reshape_op()) views[&node] = view->second;
      if (view->second != static_cast<int>(i)) behind.insert(view->second);
    }
    for (const int writer : behind) edges.emplace_back(static_cast<int>(i), writer);
  }
  return edges;
}

}  // namespace lamina
