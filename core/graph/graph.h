// SPDX-License-Identifier: Apache-2.0
// What a step computes: named outputs, the loss, and the updates of variables. The nodes are those that these Values
// reach. Passes take a Graph and return one; rewrite() is what they are made of.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/graph/value.h"
#include "core/graph/leaves.h"

namespace lamina {

struct NamedValue {
  std::string name;
  Value value;
};

// After the step `variable` holds `value`. emit_plan puts every reader of the old contents
// before the write, and asserts that there is such an order.
struct Update {
  std::shared_ptr<Variable> variable;
  Value value;
};

struct Graph {
  std::vector<NamedValue> outputs;  // fetched after the step, in this order
  Value loss;                       // the scalar that training minimises; empty without one
  std::vector<Update> updates;

  std::vector<Value> roots() const;  // every Value the graph must compute
  std::vector<std::shared_ptr<const Node>> nodes() const;
  std::vector<std::shared_ptr<Variable>> variables() const;  // in order of first use
};

// How many inputs and roots are a value; what nothing reads is left out.
std::map<ValueKey, int> readers_of(const Graph& graph);

// Old Value -> new Value.
using ValueMap = std::map<ValueKey, Value>;

// Rebuilds the graph from its leaves. For each node, `replace` gets the node and its already rebuilt inputs, and
// returns the Values that stand for its outputs, or {} to keep the node (re-made only where an input changed).
using Replace = std::function<std::vector<Value>(const std::shared_ptr<const Node>&, const std::vector<Value>& inputs)>;
Graph rewrite(const Graph& graph, const Replace& replace, ValueMap* map = nullptr);

// The same over loose Values: what `values` become when the keys of `given` are replaced.
std::vector<Value> rewrite(std::span<const Value> values, const Replace& replace, ValueMap& map);

// Throws (a bug of ours) where types do not follow from inputs, an output name is taken twice, two updates write one
// variable, or an update's type is not its variable's.
void verify(const Graph& graph);

void print(const Graph& graph, std::ostream& out);
void print_dot(const Graph& graph, std::ostream& out);

}  // namespace lamina
