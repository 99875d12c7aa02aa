// SPDX-License-Identifier: Apache-2.0
#include "core/graph/value.h"

#include <algorithm>
#include <atomic>
#include <set>

#include "core/base/check.h"

namespace lamina {
namespace {

std::string& scope_path() {
  thread_local std::string path;
  return path;
}

uint64_t next_serial() {
  static std::atomic<uint64_t> serial{0};
  return ++serial;
}

}  // namespace

// The destructor of the last Value of a chain would otherwise recurse once per node.
Node::~Node() {
  thread_local std::vector<Value>* pending = nullptr;
  if (pending) {
    for (Value& input : inputs) pending->push_back(std::move(input));
    return;
  }
  std::vector<Value> queue = std::move(inputs);
  pending = &queue;
  while (!queue.empty()) {
    const Value last = std::move(queue.back());
    queue.pop_back();
  }
  pending = nullptr;
}

std::vector<Value> make_node(const OpDef& op, Attributes attributes, std::vector<Value> inputs) {
  std::string name = scope_path().empty() ? op.name : scope_path() + "/" + op.name;
  std::vector<TensorType> types;
  types.reserve(inputs.size());
  for (const Value& input : inputs) {
    LAMINA_CHECK(input.exists(), "[", op.name, "] node \"", name, "\": input ", types.size(), " is an empty Value");
    types.push_back(input.type());
  }
  std::vector<TensorType> outputs;
  try {
    outputs = op.infer(attributes, types);
  } catch (const Error& error) {
    throw Error(error.kind(), text("[", op.name, "] node \"", name, "\": ", error.what()));
  }
  auto node = std::shared_ptr<const Node>(
      new Node{&op, std::move(attributes), std::move(inputs), std::move(outputs), std::move(name), next_serial()});
  std::vector<Value> values;
  for (size_t i = 0; i < node->outputs.size(); ++i) values.emplace_back(node, static_cast<int>(i));
  return values;
}

Value make_value(const OpDef& op, Attributes attributes, std::vector<Value> inputs) {
  std::vector<Value> values = make_node(op, std::move(attributes), std::move(inputs));
  LAMINA_ASSERT(values.size() == 1, op.name);
  return values.front();
}

NameScope::NameScope(const std::string& name) : outer_length_(scope_path().size()) {
  if (!scope_path().empty()) scope_path() += "/";
  scope_path() += name;
}

NameScope::~NameScope() { scope_path().resize(outer_length_); }

const std::string& NameScope::path() { return scope_path(); }

std::vector<TensorType> types_of(std::span<const Value> values) {
  std::vector<TensorType> types;
  for (const Value& value : values) types.push_back(value.type());
  return types;
}

std::vector<std::shared_ptr<const Node>> topological_order(std::span<const Value> outputs) {
  // Depth first with an explicit stack: graphs of unrolled loops are deeper than a thread's stack.
  std::vector<std::shared_ptr<const Node>> order;
  std::set<const Node*> done;
  struct Visit {
    std::shared_ptr<const Node> node;
    size_t next_input;
  };
  std::vector<Visit> stack;
  for (const Value& output : outputs) {
    if (!output.exists() || !done.insert(output.node().get()).second) continue;
    stack.push_back({output.node(), 0});
    while (!stack.empty()) {
      Visit& visit = stack.back();
      if (visit.next_input == visit.node->inputs.size()) {
        order.push_back(visit.node);
        stack.pop_back();
        continue;
      }
      const std::shared_ptr<const Node>& input = visit.node->inputs[visit.next_input++].node();
      if (done.insert(input.get()).second) stack.push_back({input, 0});
    }
  }
  return order;
}

bool depends_on(const Value& value, const Value& leaf) {
  const auto nodes = topological_order(std::span(&value, 1));
  return std::find(nodes.begin(), nodes.end(), leaf.node()) != nodes.end();
}

}  // namespace lamina
