// SPDX-License-Identifier: Apache-2.0
#include "layers/model/layer_order.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/graph/leaves.h"
#include "layers/layer.h"

namespace lamina {
namespace {

// A layer is one operation however often it is called; any other node is one of its own.
const void* operation_of(const Node& node) {
  return node.op == &layer_op() ? static_cast<const void*>(layer_of(node).get()) : static_cast<const void*>(&node);
}

// Depth first along the inputs. On an explicit path, because models may be deeper than the stack.
class Walk {
 public:
  void from(const std::shared_ptr<const Node>& start) {
    enter(start);
    while (!path_.empty()) {
      auto& [node, next] = path_.back();
      if (next == node->inputs.size()) {
        left_.push_back(node);
        path_.pop_back();
      } else {
        enter(std::shared_ptr(node->inputs[next++].node()));
      }
    }
  }

  const std::vector<std::shared_ptr<const Node>>& left() const { return left_; }  // inputs before users
  int met(const void* operation) const {
    const auto found = met_.find(operation);
    return found == met_.end() ? -1 : found->second;
  }

 private:
  void enter(std::shared_ptr<const Node> node) {
    if (!entered_.insert(node.get()).second) return;
    met_.try_emplace(operation_of(*node), static_cast<int>(met_.size()));
    path_.emplace_back(std::move(node), 0);
  }

  std::vector<std::pair<std::shared_ptr<const Node>, size_t>> path_;  // with the next input to enter
  std::set<const Node*> entered_;
  std::vector<std::shared_ptr<const Node>> left_;
  std::map<const void*, int> met_;
};

}  // namespace

std::vector<OrderedOperation> keras_order(std::span<const Value> inputs, std::span<const Value> outputs) {
  Walk walk;
  for (const Value& output : outputs) walk.from(output.node());

  // Keras' one pass: a later call of a shared layer takes over the distance of an earlier one, but not the other way.
  std::map<const Node*, int> node_depth;
  std::map<const void*, int> depth;
  for (auto at = walk.left().rbegin(); at != walk.left().rend(); ++at) {
    int& known = depth[operation_of(**at)];
    known = std::max(known, node_depth[at->get()]);
    for (const Value& input : (*at)->inputs) {
      int& below = node_depth[input.node().get()];
      below = std::max(below, known + 1);
    }
  }

  std::vector<OrderedOperation> order;
  for (const Value& input : inputs) order.push_back({input.node(), {input.node()}});
  std::map<const void*, size_t> place;
  for (const auto& node : walk.left()) {
    if (node->op != &layer_op()) continue;
    const auto [at, is_new] = place.try_emplace(operation_of(*node), order.size());
    if (is_new) order.emplace_back();
    order[at->second].calls.push_back(node);
  }
  for (OrderedOperation& operation : order) {
    std::sort(operation.calls.begin(), operation.calls.end(), [](const auto& a, const auto& b) { return a->serial < b->serial; });
    operation.node = operation.calls.front();
  }
  std::stable_sort(order.begin(), order.end(), [&](const OrderedOperation& a, const OrderedOperation& b) {
    const void *first = operation_of(*a.node), *second = operation_of(*b.node);
    const int first_depth = depth[first], second_depth = depth[second];
    return first_depth != second_depth ? first_depth > second_depth : walk.met(first) < walk.met(second);
  });
  return order;
}

}  // namespace lamina
