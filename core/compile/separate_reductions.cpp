// SPDX-License-Identifier: Apache-2.0
#include "core/compile/separate_reductions.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/compile/pointwise_groups.h"
#include "core/graph/reduce.h"

namespace lamina {
namespace {

constexpr size_t kMostReads = 2;  // tensors that the chain reads; numbers do not count
constexpr size_t kMostNodes = 8;  // of the chain

using NodePtr = std::shared_ptr<const Node>;
using NodeSet = std::set<const Node*>;

bool is_one_number(const Value& value) { return value.shape().extents().count() == 1; }

// Pointwise nodes that compute with numbers alone: reading what they give costs nothing.
NodeSet computed_of_numbers(const std::vector<NodePtr>& nodes) {
  NodeSet found;
  for (const NodePtr& node : nodes) {  // inputs before users
    const auto costs_nothing = [&](const Value& input) { return is_one_number(input) || found.contains(input.node().get()); };
    if (is_pointwise(*node) && std::all_of(node->inputs.begin(), node->inputs.end(), costs_nothing)) found.insert(node.get());
  }
  return found;
}

// The pointwise nodes behind `x` over its own shape, as far back as they read few tensors.
class Chain {
 public:
  Chain(const Value& x, const NodeSet& of_numbers) : of_numbers_(of_numbers), x_(x) {
    if (!can_join(x)) return;
    join(x);
    while (nodes_.size() < kMostNodes) {
      const auto next = std::find_if(reads_.begin(), reads_.end(), [&](const auto& read) {
        return can_join(read.second) && reads_with(read.second) <= kMostReads;
      });
      if (next == reads_.end()) return;
      const Value value = next->second;
      reads_.erase(next);
      join(value);
    }
  }

  // What it reads must be in memory anyway: a pointwise value that it could not take in would have to be written for it.
  bool is_cheap() const {
    const bool complete = std::none_of(reads_.begin(), reads_.end(), [&](const auto& read) { return can_join(read.second); });
    return !nodes_.empty() && reads_.size() <= kMostReads && complete;
  }
  const NodeSet& nodes() const { return nodes_; }

  // x by a second chain, over what `map` says that the first one's reads have become.
  Value copy(const ValueMap& map) const {
    ValueMap copies;
    return copy_of(x_, map, copies);
  }

 private:
  bool can_join(const Value& value) const {
    return is_pointwise(*value.node()) && value.node()->outputs.size() == 1 && value.shape() == x_.shape();
  }
  bool is_read(const Value& input) const {
    return !is_one_number(input) && !of_numbers_.contains(input.node().get()) && !nodes_.contains(input.node().get());
  }

  // How many tensors are read once `value` is computed in the chain instead of being read.
  size_t reads_with(const Value& value) const {
    std::map<ValueKey, Value> reads = reads_;
    reads.erase(value);
    for (const Value& input : value.node()->inputs) {
      if (is_read(input)) reads.emplace(input, input);
    }
    return reads.size();
  }

  void join(const Value& value) {
    nodes_.insert(value.node().get());
    for (const Value& input : value.node()->inputs) {
      if (is_read(input)) {
        reads_.emplace(input, input);
      } else if (can_join(input) && !nodes_.contains(input.node().get())) {
        join(input);  // of numbers: it costs nothing to compute it again
      }
    }
  }

  Value copy_of(const Value& value, const ValueMap& map, ValueMap& copies) const {
    if (!nodes_.contains(value.node().get())) return map.at(value);
    Value& known = copies[value];
    if (known.exists()) return known;
    std::vector<Value> inputs;
    for (const Value& input : value.node()->inputs) inputs.push_back(copy_of(input, map, copies));
    const Node& of = *value.node();
    const NodePtr node(new Node{of.op, of.attributes, std::move(inputs), of.outputs, of.name, of.serial});
    return copies[value] = Value(node, value.output());
  }

  const NodeSet& of_numbers_;
  Value x_;
  NodeSet nodes_;
  std::map<ValueKey, Value> reads_;
};

}  // namespace

Graph separate_reductions(const Graph& graph, const PlanOptions& options) {
  if (!options.fuse) return graph;
  const std::vector<NodePtr> nodes = graph.nodes();
  const NodeSet of_numbers = computed_of_numbers(nodes);
  const std::map<ValueKey, int> readers = readers_of(graph);
  std::map<const Node*, Chain> own;  // by reduction
  for (const NodePtr& node : nodes) {
    if (node->op != &reduce_op()) continue;
    const Chain chain(node->inputs[0], of_numbers);
    const bool shared =
        std::any_of(chain.nodes().begin(), chain.nodes().end(), [&](const Node* one) { return readers.at({one, 0}) > 1; });
    if (chain.is_cheap() && shared) own.emplace(node.get(), chain);
  }
  ValueMap map;
  return rewrite(
      graph,
      [&](const NodePtr& node, const std::vector<Value>&) -> std::vector<Value> {
        const auto chain = own.find(node.get());
        if (chain == own.end()) return {};
        const std::vector<Value> inputs = {chain->second.copy(map)};
        return {Value(NodePtr(new Node{node->op, node->attributes, inputs, node->outputs, node->name, node->serial}), 0)};
      },
      &map);
}

}  // namespace lamina
