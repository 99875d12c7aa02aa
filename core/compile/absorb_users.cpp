// SPDX-License-Identifier: Apache-2.0
#include "core/compile/absorb_users.h"

#include <algorithm>
#include <functional>

#include "core/base/check.h"
#include "core/graph/pointwise.h"

namespace lamina {
namespace {

using NodePtr = std::shared_ptr<const Node>;
using Accepts = std::function<bool(const NodePtr& before, const NodePtr& after)>;

// "conv/conv2d + norm/pointwise": what became one node, each name once.
std::string joined_name(const std::string& name, const std::string& user) {
  return name.ends_with(user) ? name : name + " + " + user;
}

class Absorption {
 public:
  Absorption(const Graph& graph, Accepts accepts) : graph_(graph), accepts_(std::move(accepts)), readers_(readers_of(graph)) {}

  Graph run() {
    const auto replace = [this](const NodePtr& user, const std::vector<Value>& inputs) { return replaced(user, inputs); };
    return with_other_outputs(rewrite(graph_, replace));
  }

 private:
  // The value that stands for the user's, where one of its inputs is made by a node that takes it in.
  std::vector<Value> replaced(const NodePtr& user, const std::vector<Value>& inputs) {
    if (user->op != &pointwise_op() || user->outputs.size() != 1) return {};
    const Node rebuilt{user->op, user->attributes, inputs, user->outputs, user->name, user->serial};
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (readers_.at(user->inputs[i]) != 1 || inputs[i].output() != 0 || reads_more_of(inputs[i], inputs)) continue;
      if (const NodePtr grown = absorbed(inputs[i].node(), rebuilt)) return {Value(grown, 0)};
    }
    return {};
  }

  // What else a node gave (the mean of a normalisation) now comes from what it has become.
  Graph with_other_outputs(const Graph& absorbed) const {
    ValueMap outputs;
    for (const auto& [grown, first] : grown_) {
      if (first->outputs.size() == 1) continue;
      for (int i = 0; i < static_cast<int>(first->outputs.size()); ++i) outputs[Value(first, i)] = Value(grown, i);
    }
    if (outputs.empty()) return absorbed;
    const auto keep = [](const NodePtr&, const std::vector<Value>&) { return std::vector<Value>(); };
    return rewrite(absorbed, keep, &outputs);
  }

  // Whether another of the inputs comes from the same node, by one of its other outputs: it cannot wait for itself.
  bool reads_more_of(const Value& value, const std::vector<Value>& inputs) const {
    const Value first(first_of(value.node()), 0);
    if (first.node()->outputs.size() == 1) return false;
    return std::any_of(inputs.begin(), inputs.end(),
                       [&](const Value& input) { return !input.same_as(value) && depends_on(input, first); });
  }

  // The node as it was before it took anything in. Whoever reads its other outputs reads them there until the end.
  const NodePtr& first_of(const NodePtr& node) const {
    const auto known = grown_.find(node);
    return known == grown_.end() ? node : known->second;
  }

  NodePtr absorbed(const NodePtr& node, const Node& user) {
    if (!node->op->absorb) return nullptr;
    std::optional<Absorbed> made = node->op->absorb(*node, user);
    if (!made) return nullptr;
    std::vector<TensorType> outputs = node->op->infer(made->attributes, types_of(made->inputs));
    LAMINA_ASSERT(outputs[0] == user.outputs[0], node->name, ": ", outputs[0], " in place of ", user.outputs[0], " of ", user.name);
    const NodePtr grown(new Node{node->op, std::move(made->attributes), std::move(made->inputs), std::move(outputs),
                                 joined_name(node->name, user.name), node->serial});
    if (!accepts_(node, grown)) return nullptr;
    grown_[grown] = first_of(node);
    grown_.erase(node);
    return grown;
  }

  const Graph& graph_;
  Accepts accepts_;
  std::map<ValueKey, int> readers_;
  std::map<NodePtr, NodePtr> grown_;  // what a node has become -> the node
};

}  // namespace

Graph absorb_users_in_training(const Graph& graph) {
  return Absorption(graph, [](const NodePtr& node, const NodePtr&) { return node->op->absorbs_in_training; }).run();
}

Graph absorb_users(const Graph& graph, const OpRegistry& ops, const PlanOptions& options) {
  if (!options.fuse) return graph;
  std::map<NodePtr, std::optional<size_t>> places;
  const auto place_of = [&](const NodePtr& node) {
    const auto known = places.find(node);
    return known != places.end() ? known->second : places[node] = accepting_impl(*node, ops, options);
  };
  return Absorption(graph, [&](const NodePtr& before, const NodePtr& after) {
    const std::optional<size_t> had = place_of(before), has = place_of(after);
    return had && has && *has <= *had;
  }).run();
}

}  // namespace lamina
