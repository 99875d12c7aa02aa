// SPDX-License-Identifier: Apache-2.0
// Which pointwise nodes become one node: a partition of the graph's nodes in which each group is connected, runs over one
// domain and is convex. Were there a path that leaves a group and comes back, it could not run at once.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "core/graph/graph.h"

namespace lamina {

// The graph by index, with groups as a partition of the nodes; at first each node is a group of its own.
class PointwiseGroups {
 public:
  using NodePtr = std::shared_ptr<const Node>;

  explicit PointwiseGroups(const Graph& graph);

  // Joins pointwise nodes with those that make their inputs, as far as one program of the interpreters holds them.
  void grow();

  const std::vector<NodePtr>& order() const { return order_; }
  size_t index_of(const Value& value) const { return static_cast<size_t>(index_.at(value.node().get())); }
  int group_of(const Value& value) const { return group_[index_of(value)]; }
  int group_at(size_t node) const { return group_[node]; }
  const std::vector<int>& members(int group) const { return members_[static_cast<size_t>(group)]; }
  const std::vector<int>& users(size_t node) const { return users_[node]; }
  bool fetched(const Value& value) const { return fetched_.contains(value); }

  // True where somebody outside of the group needs the value.
  bool escapes(const Value& value, int group) const { return escapes(value, group, group); }

  // The groups in an order in which they can run; among those that are ready the one whose last member stood first.
  std::vector<int> in_order() const;

 private:
  struct Size;

  bool escapes(const Value& value, int a, int b) const;
  Size size_of_union(int a, int b) const;
  bool path_around(int a, int b) const;
  void merge(int into, int from);

  std::vector<NodePtr> order_;
  std::map<const Node*, int> index_;
  std::vector<int> group_;
  std::vector<std::vector<int>> members_;
  std::vector<std::vector<int>> users_;  // by node: who reads it, or must run behind it
  std::set<ValueKey> fetched_;
};

bool is_pointwise(const Node& node);

// The number that a constant of one element holds: it goes into the program itself.
std::optional<double> single_constant(const Value& value);

// A register holds what memory would have held: true unless storing the value would have truncated it.
bool stays_in_register(const Value& value);

}  // namespace lamina
