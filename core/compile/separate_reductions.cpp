// SPDX-License-Identifier: Apache-2.0
#include "core/compile/separate_reductions.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/compile/pointwise_groups.h"
#include "core/graph/reduce.h"

namespace lamina {
namespace {

constexpr size_t kMostReads = 2;   // tensors that the chain reads; numbers do not count
constexpr size_t kMostNodes = 8;   // of the chain

using NodePtr = std::shared_ptr<const Node>;

// Numbers, and what is computed of numbers alone: reading it costs nothing.
bool is_free(const Value& value) {
  if (value.shape().extents().count() == 1) return true;
  const auto& inputs = value.node()->inputs;
  return is_pointwise(*value.node()) && std::all_of(inputs.begin(), inputs.end(), is_free);
}

// The pointwise nodes behind `x` over its own shape, as far back as they read few tensors.
class Chain {
 public:
  explicit Chain(const Value& x) : shape_(x.shape()) {
    if (!can_join(x)) return;
    join(x);
    for (bool grown = true; grown && nodes_.size() < kMostNodes;) {
      grown = false;
      for (const ValueKey& read : std::set<ValueKey>(reads_)) {
        const Value value = values_.at(read);
        if (!can_join(value) || reads_with(value) > kMostReads) continue;
        reads_.erase(read);
        join(value);
        grown = true;
        break;
      }
    }
  }

  // What it reads must be in memory anyway: a pointwise value that it could not take in would have to be written for it.
  bool usable() const {
    const bool complete = std::none_of(reads_.begin(), reads_.end(), [&](const ValueKey& read) { return can_join(values_.at(read)); });
    return !nodes_.empty() && reads_.size() <= kMostReads && complete;
  }
  const std::set<const Node*>& nodes() const { return nodes_; }

  // A second one, over the same values; `x` is what it is made for.
  Value clone(const Value& x) {
    if (!nodes_.contains(x.node().get())) return x;
    Value& known = clones_[x];
    if (known.exists()) return known;
    std::vector<Value> inputs;
    for (const Value& input : x.node()->inputs) inputs.push_back(clone(input));
    const Node& of = *x.node();
    const NodePtr node(new Node{of.op, of.attributes, std::move(inputs), of.outputs, of.name, of.serial});
    return clones_[x] = Value(node, x.output());
  }

 private:
  bool can_join(const Value& value) const {
    return is_pointwise(*value.node()) && value.node()->outputs.size() == 1 && value.shape() == shape_;
  }

  // How many tensors are read once `value` is computed in the chain instead of being read.
  size_t reads_with(const Value& value) const {
    std::set<ValueKey> reads = reads_;
    reads.erase(value);
    for (const Value& input : value.node()->inputs) {
      if (!is_free(input) && !nodes_.contains(input.node().get())) reads.insert(input);
    }
    return reads.size();
  }

  void join(const Value& value) {
    nodes_.insert(value.node().get());
    for (const Value& input : value.node()->inputs) {
      if (nodes_.contains(input.node().get())) continue;
      if (is_free(input)) {
        if (can_join(input)) join(input);
        continue;
      }
      reads_.insert(input);
      values_.emplace(input, input);
    }
  }

  Shape shape_;
  std::set<const Node*> nodes_;
  std::set<ValueKey> reads_;
  std::map<ValueKey, Value> values_, clones_;
};

std::map<const Node*, int> readers_of(const Graph& graph) {
  std::map<const Node*, int> readers;
  for (const auto& node : graph.nodes()) {
    for (const Value& input : node->inputs) ++readers[input.node().get()];
  }
  for (const Value& root : graph.roots()) ++readers[root.node().get()];
  return readers;
}

}  // namespace

Graph separate_reductions(const Graph& graph) {
  const std::map<const Node*, int> readers = readers_of(graph);
  // Which reductions, by the graph as it is: what rewrite() hands over is made anew.
  std::set<const Node*> chosen;
  for (const auto& node : graph.nodes()) {
    if (node->op != &reduce_op()) continue;
    const Chain chain(node->inputs[0]);
    bool shared = false;
    for (const Node* one : chain.nodes()) shared = shared || readers.at(one) > 1;
    if (chain.usable() && shared) chosen.insert(node.get());
  }
  return rewrite(graph, [&](const NodePtr& node, const std::vector<Value>& inputs) -> std::vector<Value> {
    if (!chosen.contains(node.get())) return {};
    Chain chain(inputs[0]);
    const NodePtr own(new Node{node->op, node->attributes, {chain.clone(inputs[0])}, node->outputs, node->name, node->serial});
    return {Value(own, 0)};
  });
}

}  // namespace lamina
