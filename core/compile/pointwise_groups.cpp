// SPDX-License-Identifier: Apache-2.0
#include "core/compile/pointwise_groups.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>

#include "core/base/check.h"
#include "core/compile/update_edges.h"
#include "core/graph/pointwise.h"

namespace lamina {
namespace {

// The interpreters' program limits (kernels/pointwise): a group grows no further than this.
constexpr size_t kMaxInstructions = 32;
constexpr size_t kMaxInputs = 12;
constexpr size_t kMaxOutputs = 8;

}  // namespace

bool is_pointwise(const Node& node) { return node.op == &pointwise_op(); }

std::optional<double> single_constant(const Value& value) {
  if (value.node()->op != &constant_op() || constant_of(*value.node()).count() != 1) return std::nullopt;
  return constant_of(*value.node()).at(0);
}

bool stays_in_register(const Value& value) {
  const auto& attributes = value.node()->attributes.get<PointwiseAttributes>();
  if (is_floating(value.dtype())) return true;
  if (attributes.program.instructions.empty()) return false;
  const ScalarDomain domain = info_of(attributes.program.instructions.back().function).domain;
  if (value.dtype() == DType::boolean) return domain == ScalarDomain::compare || domain == ScalarDomain::logic;
  return value.dtype() == DType::i32 && attributes.compute == DType::i32;
}

// What a group would need as one program.
struct PointwiseGroups::Size {
  size_t instructions = 0;
  std::set<ValueKey> inputs;
  size_t outputs = 0;
  bool fits() const { return instructions <= kMaxInstructions && inputs.size() <= kMaxInputs && outputs <= kMaxOutputs; }
};

PointwiseGroups::PointwiseGroups(const Graph& graph) : order_(graph.nodes()), group_(order_.size()), users_(order_.size()) {
  std::iota(group_.begin(), group_.end(), 0);
  for (size_t i = 0; i < order_.size(); ++i) {
    index_[order_[i].get()] = static_cast<int>(i);
    members_.push_back({static_cast<int>(i)});
  }
  for (size_t i = 0; i < order_.size(); ++i) {
    for (const Value& input : order_[i]->inputs) users_[index_of(input)].push_back(static_cast<int>(i));
  }
  for (const auto& [reader, writer] : update_edges(graph, order_)) users_[static_cast<size_t>(reader)].push_back(writer);
  for (const Value& root : graph.roots()) fetched_.insert(root);
}

// True where somebody outside groups `a` and `b` needs the value.
bool PointwiseGroups::escapes(const Value& value, int a, int b) const {
  if (fetched(value)) return true;
  const auto& readers = users_[index_of(value)];
  return std::any_of(readers.begin(), readers.end(), [&](int reader) {
    const int group = group_[static_cast<size_t>(reader)];
    if (group == a || group == b) return false;
    const auto& inputs = order_[static_cast<size_t>(reader)]->inputs;
    return std::any_of(inputs.begin(), inputs.end(), [&](const Value& input) { return input.same_as(value); });
  });
}

void PointwiseGroups::merge(int into, int from) {
  for (const int member : members_[static_cast<size_t>(from)]) {
    group_[static_cast<size_t>(member)] = into;
    members_[static_cast<size_t>(into)].push_back(member);
  }
  members_[static_cast<size_t>(from)].clear();
  std::sort(members_[static_cast<size_t>(into)].begin(), members_[static_cast<size_t>(into)].end());
}

// Whether some path leaves groups a and b and comes back to one of them. Other groups count as one node each, since
// they will run at once.
bool PointwiseGroups::path_around(int a, int b) const {
  std::vector<bool> seen(order_.size(), false);
  std::vector<int> stack;
  const auto push_users = [&](int group, bool first) {
    for (const int member : members(group)) {
      for (const int user : users_[static_cast<size_t>(member)]) {
        const int reached = group_[static_cast<size_t>(user)];
        if (reached == group || seen[static_cast<size_t>(reached)]) continue;
        if (reached == a || reached == b) {
          if (!first) return true;
          continue;
        }
        seen[static_cast<size_t>(reached)] = true;
        stack.push_back(reached);
      }
    }
    return false;
  };
  push_users(a, true);
  push_users(b, true);
  while (!stack.empty()) {
    const int group = stack.back();
    stack.pop_back();
    if (push_users(group, false)) return true;
  }
  return false;
}

PointwiseGroups::Size PointwiseGroups::size_of_union(int a, int b) const {
  Size size;
  for (const int group : {a, b}) {
    for (const int member : members(group)) {
      const NodePtr& node = order_[static_cast<size_t>(member)];
      size.instructions += node->attributes.get<PointwiseAttributes>().program.instructions.size();
      for (const Value& input : node->inputs) {
        const int from = group_of(input);
        if (from != a && from != b && !single_constant(input)) size.inputs.insert(input);
      }
      for (size_t i = 0; i < node->outputs.size(); ++i) {
        size.outputs += escapes(Value(node, static_cast<int>(i)), a, b) ? 1 : 0;
      }
    }
  }
  return size;
}

void PointwiseGroups::grow() {
  for (size_t at = 0; at < order_.size(); ++at) {
    const NodePtr& node = order_[at];
    if (!is_pointwise(*node)) continue;
    for (const Value& input : node->inputs) {
      const Node& producer = *input.node();
      const int from = group_of(input), into = group_[at];
      if (from == into || !is_pointwise(producer)) continue;
      const bool same_domain = producer.outputs[0].shape == node->outputs[0].shape;
      const bool same_type = producer.attributes.get<PointwiseAttributes>().compute == node->attributes.get<PointwiseAttributes>().compute;
      if (!same_domain || !same_type || !stays_in_register(input)) continue;
      if (!size_of_union(into, from).fits() || path_around(into, from)) continue;
      merge(std::min(into, from), std::max(into, from));
    }
  }
}

// Kahn's algorithm over groups.
std::vector<int> PointwiseGroups::in_order() const {
  const size_t count = order_.size();
  std::vector<std::set<int>> next(count);
  std::vector<int> waiting_for(count, 0);
  for (size_t i = 0; i < count; ++i) {
    for (const int user : users_[i]) {
      const int from = group_[i], to = group_[static_cast<size_t>(user)];
      if (from != to && next[static_cast<size_t>(from)].insert(to).second) ++waiting_for[static_cast<size_t>(to)];
    }
  }
  std::priority_queue<std::pair<int, int>, std::vector<std::pair<int, int>>, std::greater<>> ready;
  size_t total = 0;
  for (size_t group = 0; group < count; ++group) {
    const auto& members = members_[group];
    total += members.empty() ? 0 : 1;
    if (!members.empty() && waiting_for[group] == 0) ready.emplace(members.back(), static_cast<int>(group));
  }
  std::vector<int> order;
  while (!ready.empty()) {
    const int group = ready.top().second;
    ready.pop();
    order.push_back(group);
    for (const int to : next[static_cast<size_t>(group)]) {
      if (--waiting_for[static_cast<size_t>(to)] == 0) ready.emplace(members(to).back(), to);
    }
  }
  LAMINA_ASSERT(order.size() == total, "a fused group is not convex");
  return order;
}

}  // namespace lamina
