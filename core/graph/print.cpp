// SPDX-License-Identifier: Apache-2.0
// A graph as text, one node a line, and as DOT for graphviz.
#include <map>
#include <ostream>

#include "core/base/text.h"
#include "core/graph/graph.h"

namespace lamina {
namespace {

std::string label(const std::map<const Node*, int>& numbers, const Value& value) {
  std::string name = text("%", numbers.at(value.node().get()));
  if (value.node()->outputs.size() > 1) name += text(".", value.output());
  return name;
}

std::map<const Node*, int> numbered(const Graph& graph) {
  std::map<const Node*, int> numbers;
  for (const auto& node : graph.nodes()) numbers.emplace(node.get(), static_cast<int>(numbers.size()));
  return numbers;
}

std::string escaped(const std::string& raw) {
  std::string out;
  for (const char c : raw) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

void print(const Graph& graph, std::ostream& out) {
  const auto numbers = numbered(graph);
  for (const auto& node : graph.nodes()) {
    out << "%" << numbers.at(node.get()) << " = " << node->op->name << "(";
    for (size_t i = 0; i < node->inputs.size(); ++i) out << (i ? ", " : "") << label(numbers, node->inputs[i]);
    const std::string attributes = node->attributes.to_string();
    out << ")" << (attributes.empty() ? "" : " {" + attributes + "}") << " : " << join(node->outputs) << "  # " << node->name
        << "\n";
  }
  for (const NamedValue& output : graph.outputs) out << "output " << output.name << " = " << label(numbers, output.value) << "\n";
  if (graph.loss.exists()) out << "loss = " << label(numbers, graph.loss) << "\n";
  for (const Update& update : graph.updates) {
    out << "update " << update.variable->name << " = " << label(numbers, update.value) << "\n";
  }
}

void print_dot(const Graph& graph, std::ostream& out) {
  const auto numbers = numbered(graph);
  out << "digraph lamina {\n  rankdir=TB;\n  node [shape=box, fontname=\"Helvetica\"];\n";
  for (const auto& node : graph.nodes()) {
    out << "  n" << numbers.at(node.get()) << " [label=\"" << escaped(node->name) << "\\n" << escaped(text(join(node->outputs)))
        << "\"];\n";
    for (const Value& input : node->inputs) {
      out << "  n" << numbers.at(input.node().get()) << " -> n" << numbers.at(node.get()) << ";\n";
    }
  }
  out << "}\n";
}

}  // namespace lamina
