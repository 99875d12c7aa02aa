// SPDX-License-Identifier: Apache-2.0
// Connected pointwise nodes over one domain become one node with one program: what only the group reads stays in a
// register. A reduction that is the one reader of a group's one result takes the program in. A group is convex: were
// there a path that leaves it and comes back, it could not run at once.
#include <algorithm>
#include <numeric>
#include <optional>
#include <queue>

#include "core/base/check.h"
#include "core/compile/passes.h"
#include "core/graph/pointwise.h"
#include "core/graph/program_builder.h"
#include "core/graph/reduce.h"

namespace lamina {
namespace {

// The interpreters' program limits (kernels/pointwise): a group grows no further than this.
constexpr size_t kMaxInstructions = 32;
constexpr size_t kMaxInputs = 12;
constexpr size_t kMaxOutputs = 8;

using NodePtr = std::shared_ptr<const Node>;

std::optional<double> single_constant(const Value& value) {
  if (value.node()->op != &constant_op() || constant_of(*value.node()).count() != 1) return std::nullopt;
  return constant_of(*value.node()).at(0);
}

// The graph by index, with groups as a partition of the nodes.
class Groups {
 public:
  explicit Groups(const Graph& graph) : order_(graph.nodes()), group_(order_.size()), users_(order_.size()) {
    std::iota(group_.begin(), group_.end(), 0);
    for (size_t i = 0; i < order_.size(); ++i) {
      index_[order_[i].get()] = static_cast<int>(i);
      members_.push_back({static_cast<int>(i)});
    }
    for (size_t i = 0; i < order_.size(); ++i) {
      for (const Value& input : order_[i]->inputs) users_[index_of(input)].push_back(static_cast<int>(i));
    }
    // A variable's readers come before its update, as if there were an edge.
    for (const Update& update : graph.updates) {
      const int writer = index_.at(update.value.node().get());
      for (size_t i = 0; i < order_.size(); ++i) {
        for (const Value& input : order_[i]->inputs) {
          const Node& leaf = *input.node();
          const bool reads = leaf.op == &variable_op() && variable_of(leaf) == update.variable;
          if (reads && static_cast<int>(i) != writer) users_[i].push_back(writer);
        }
      }
    }
    for (const Value& root : graph.roots()) fetched_.insert(root);
  }

  const std::vector<NodePtr>& order() const { return order_; }
  size_t index_of(const Value& value) const { return static_cast<size_t>(index_.at(value.node().get())); }
  int group_of(const Value& value) const { return group_[index_of(value)]; }
  int group_at(size_t node) const { return group_[node]; }
  const std::vector<int>& members(int group) const { return members_[static_cast<size_t>(group)]; }
  const std::vector<int>& users(size_t node) const { return users_[node]; }

  bool fetched(const Value& value) const { return fetched_.contains(value); }

  // True where somebody outside groups `a` and `b` needs the value.
  bool escapes(const Value& value, int a, int b) const {
    if (fetched(value)) return true;
    const auto& readers = users_[index_of(value)];
    return std::any_of(readers.begin(), readers.end(), [&](int reader) {
      const int group = group_[static_cast<size_t>(reader)];
      if (group == a || group == b) return false;
      const auto& inputs = order_[static_cast<size_t>(reader)]->inputs;
      return std::any_of(inputs.begin(), inputs.end(), [&](const Value& input) { return input.same_as(value); });
    });
  }

  void merge(int into, int from) {
    for (const int member : members_[static_cast<size_t>(from)]) {
      group_[static_cast<size_t>(member)] = into;
      members_[static_cast<size_t>(into)].push_back(member);
    }
    members_[static_cast<size_t>(from)].clear();
    std::sort(members_[static_cast<size_t>(into)].begin(), members_[static_cast<size_t>(into)].end());
  }

  // Whether some path leaves groups a and b and comes back to one of them. Other groups count as one node each, since
  // they will run at once.
  bool path_around(int a, int b) const {
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

 private:
  std::vector<NodePtr> order_;
  std::map<const Node*, int> index_;
  std::vector<int> group_;
  std::vector<std::vector<int>> members_;
  std::vector<std::vector<int>> users_;
  std::set<ValueKey> fetched_;
};

bool is_pointwise(const Node& node) { return node.op == &pointwise_op(); }

// A register holds what memory would have held: true unless storing the value would have truncated it.
bool stays_in_register(const Value& value) {
  const auto& attributes = value.node()->attributes.get<PointwiseAttributes>();
  if (is_floating(value.dtype())) return true;
  if (attributes.program.instructions.empty()) return false;
  const ScalarDomain domain = info_of(attributes.program.instructions.back().function).domain;
  if (value.dtype() == DType::boolean) return domain == ScalarDomain::compare || domain == ScalarDomain::logic;
  return value.dtype() == DType::i32 && attributes.compute == DType::i32;
}

// What a group would need as one program.
struct Size {
  size_t instructions = 0;
  std::set<ValueKey> inputs;
  size_t outputs = 0;
  bool fits() const { return instructions <= kMaxInstructions && inputs.size() <= kMaxInputs && outputs <= kMaxOutputs; }
};

Size size_of_union(const Groups& groups, int a, int b) {
  Size size;
  for (const int group : {a, b}) {
    for (const int member : groups.members(group)) {
      const NodePtr& node = groups.order()[static_cast<size_t>(member)];
      size.instructions += node->attributes.get<PointwiseAttributes>().program.instructions.size();
      for (const Value& input : node->inputs) {
        const int from = groups.group_of(input);
        if (from != a && from != b && !single_constant(input)) size.inputs.insert(input);
      }
      for (size_t i = 0; i < node->outputs.size(); ++i) {
        size.outputs += groups.escapes(Value(node, static_cast<int>(i)), a, b) ? 1 : 0;
      }
    }
  }
  return size;
}

void grow_groups(Groups& groups) {
  for (size_t at = 0; at < groups.order().size(); ++at) {
    const NodePtr& node = groups.order()[at];
    if (!is_pointwise(*node)) continue;
    for (const Value& input : node->inputs) {
      const Node& producer = *input.node();
      const int from = groups.group_of(input), into = groups.group_at(at);
      if (from == into || !is_pointwise(producer)) continue;
      const bool same_domain = producer.outputs[0].shape == node->outputs[0].shape;
      const bool same_type = producer.attributes.get<PointwiseAttributes>().compute == node->attributes.get<PointwiseAttributes>().compute;
      if (!same_domain || !same_type || !stays_in_register(input)) continue;
      if (!size_of_union(groups, into, from).fits() || groups.path_around(into, from)) continue;
      groups.merge(std::min(into, from), std::max(into, from));
    }
  }
}

// The graph again, with one node for each group where an implementation takes it.
class Rebuild {
 public:
  Rebuild(const Groups& groups, Selection& selection, const OpRegistry& ops, const PlanOptions& options)
      : groups_(groups), selection_(selection), ops_(ops), options_(options) {}

  ValueMap run(Selection& rebuilt) {
    for (const int group : groups_in_order()) {
      const auto& members = groups_.members(group);
      const NodePtr& first = groups_.order()[static_cast<size_t>(members.front())];
      if (is_pointwise(*first)) {
        if (!fuse(group, rebuilt)) {
          for (const int member : members) copy(groups_.order()[static_cast<size_t>(member)], rebuilt);
        }
      } else if (!(first->op == &reduce_op() && absorb_into_reduce(first, rebuilt))) {
        copy(first, rebuilt);
      }
    }
    return std::move(map_);
  }

 private:
  // Kahn's algorithm over groups; among those that are ready the one whose last member stood first.
  std::vector<int> groups_in_order() const {
    const size_t count = groups_.order().size();
    std::vector<std::set<int>> next(count);
    std::vector<int> waiting_for(count, 0);
    for (size_t i = 0; i < count; ++i) {
      for (const int user : groups_.users(i)) {
        const int from = groups_.group_at(i), to = groups_.group_at(static_cast<size_t>(user));
        if (from != to && next[static_cast<size_t>(from)].insert(to).second) ++waiting_for[static_cast<size_t>(to)];
      }
    }
    std::priority_queue<std::pair<int, int>, std::vector<std::pair<int, int>>, std::greater<>> ready;
    size_t total = 0;
    for (size_t group = 0; group < count; ++group) {
      const auto& members = groups_.members(static_cast<int>(group));
      total += members.empty() ? 0 : 1;
      if (!members.empty() && waiting_for[group] == 0) ready.emplace(members.back(), static_cast<int>(group));
    }
    std::vector<int> order;
    while (!ready.empty()) {
      const int group = ready.top().second;
      ready.pop();
      order.push_back(group);
      for (const int to : next[static_cast<size_t>(group)]) {
        if (--waiting_for[static_cast<size_t>(to)] == 0) ready.emplace(groups_.members(to).back(), to);
      }
    }
    LAMINA_ASSERT(order.size() == total, "a fused group is not convex");
    return order;
  }

  std::vector<Value> mapped(const std::vector<Value>& inputs) const {
    std::vector<Value> result;
    for (const Value& input : inputs) result.push_back(map_.at(input));
    return result;
  }

  void copy(const NodePtr& node, Selection& rebuilt) {
    std::vector<Value> inputs = mapped(node->inputs);
    const bool changed = !std::equal(inputs.begin(), inputs.end(), node->inputs.begin(),
                                     [](const Value& a, const Value& b) { return a.same_as(b); });
    NodePtr kept = node;
    if (changed) {
      kept = NodePtr(new Node{node->op, node->attributes, std::move(inputs), node->outputs, node->name, node->serial});
    }
    if (const auto choice = selection_.find(node.get()); choice != selection_.end()) rebuilt[kept.get()] = choice->second;
    for (size_t i = 0; i < node->outputs.size(); ++i) {
      map_[Value(node, static_cast<int>(i))] = Value(kept, static_cast<int>(i));
    }
  }

  // Programs of the members, in order, over the values from outside.
  struct Assembled {
    ProgramBuilder builder;
    std::map<ValueKey, ProgramBuilder::OperandId> operands;
    std::vector<Value> inputs;  // already mapped
  };

  Assembled assemble(const std::vector<int>& members) const {
    Assembled assembled;
    for (const int member : members) {
      const NodePtr& node = groups_.order()[static_cast<size_t>(member)];
      std::vector<ProgramBuilder::OperandId> operands;
      for (const Value& input : node->inputs) {
        auto found = assembled.operands.find(input);
        if (found == assembled.operands.end()) {
          const auto number = single_constant(input);
          if (!number) assembled.inputs.push_back(map_.at(input));
          const auto operand = number ? assembled.builder.add_constant(*number) : assembled.builder.add_input();
          found = assembled.operands.emplace(input, operand).first;
        }
        operands.push_back(found->second);
      }
      const auto results = assembled.builder.inline_program(node->attributes.get<PointwiseAttributes>().program, operands);
      for (size_t i = 0; i < results.size(); ++i) assembled.operands[Value(node, static_cast<int>(i))] = results[i];
    }
    return assembled;
  }

  // One node in place of the group's members; false where no implementation takes it.
  bool fuse(int group, Selection& rebuilt) {
    const auto& members = groups_.members(group);
    std::vector<Value> results;
    for (const int member : members) {
      const NodePtr& node = groups_.order()[static_cast<size_t>(member)];
      for (size_t i = 0; i < node->outputs.size(); ++i) {
        const Value value(node, static_cast<int>(i));
        if (groups_.escapes(value, group, group)) results.push_back(value);
      }
    }
    const NodePtr& last = groups_.order()[static_cast<size_t>(members.back())];
    const Assembled assembled = assemble(members);
    PointwiseAttributes attributes;
    attributes.compute = last->attributes.get<PointwiseAttributes>().compute;
    attributes.shape = last->outputs[0].shape;
    std::vector<ProgramBuilder::OperandId> operands;
    for (const Value& result : results) {
      operands.push_back(assembled.operands.at(result));
      attributes.output_types.push_back(result.dtype());
    }
    attributes.program = assembled.builder.finish(operands);
    const std::vector<Value> made = place(pointwise_op(), attributes, assembled.inputs, *last, rebuilt);
    if (made.empty()) return false;
    for (size_t i = 0; i < results.size(); ++i) map_[results[i]] = made[i];
    return true;
  }

  // The reduction takes in the group that makes its input, where nobody else reads that.
  bool absorb_into_reduce(const NodePtr& node, Selection& rebuilt) {
    const Value& x = node->inputs[0];
    auto attributes = node->attributes.get<ReduceAttributes>();
    if (!is_pointwise(*x.node()) || !attributes.program.is_copy()) return false;
    const int group = groups_.group_of(x);
    const auto& members = groups_.members(group);
    for (const int member : members) {
      const NodePtr& inner = groups_.order()[static_cast<size_t>(member)];
      for (size_t i = 0; i < inner->outputs.size(); ++i) {
        const Value value(inner, static_cast<int>(i));
        const bool is_x = value.same_as(x);
        if (!is_x && groups_.escapes(value, group, group)) return false;
        if (is_x && (groups_.fetched(x) || groups_.users(groups_.index_of(x)).size() != readers_inside(x, group) + 1)) return false;
      }
    }
    const auto& inner = x.node()->attributes.get<PointwiseAttributes>();
    if (inner.compute != attributes.compute || !stays_in_register(x)) return false;
    const Assembled assembled = assemble(members);
    if (assembled.inputs.empty()) return false;
    const std::vector<ProgramBuilder::OperandId> result = {assembled.operands.at(x)};
    attributes.program = assembled.builder.finish(result);
    attributes.shape = x.shape();
    const std::vector<Value> made = place(reduce_op(), attributes, assembled.inputs, *node, rebuilt);
    if (made.empty()) return false;
    map_[Value(node, 0)] = made[0];
    return true;
  }

  size_t readers_inside(const Value& value, int group) const {
    const auto& readers = groups_.users(groups_.index_of(value));
    return static_cast<size_t>(std::count_if(readers.begin(), readers.end(), [&](int reader) {
      return groups_.group_at(static_cast<size_t>(reader)) == group;
    }));
  }

  // Makes the node and selects for it; {} where no implementation accepts.
  std::vector<Value> place(const OpDef& op, Attributes attributes, const std::vector<Value>& inputs, const Node& like,
                           Selection& rebuilt) const {
    std::vector<TensorType> types;
    for (const Value& input : inputs) types.push_back(input.type());
    std::vector<TensorType> outputs = op.infer(attributes, types);
    const NodePtr node(new Node{&op, std::move(attributes), inputs, std::move(outputs), like.name, like.serial});
    try {
      rebuilt[node.get()] = select_impl(*node, ops_, options_);
    } catch (const Error&) {
      return {};
    }
    std::vector<Value> values;
    for (size_t i = 0; i < node->outputs.size(); ++i) values.emplace_back(node, static_cast<int>(i));
    return values;
  }

  const Groups& groups_;
  Selection& selection_;
  const OpRegistry& ops_;
  const PlanOptions& options_;
  ValueMap map_;
};

}  // namespace

Graph fuse_pointwise(const Graph& graph, Selection& selection, const OpRegistry& ops, const PlanOptions& options) {
  if (!options.fuse) return graph;
  Groups groups(graph);
  grow_groups(groups);
  Selection rebuilt;
  const ValueMap map = Rebuild(groups, selection, ops, options).run(rebuilt);
  Graph result = graph;
  for (NamedValue& output : result.outputs) output.value = map.at(output.value);
  if (result.loss.exists()) result.loss = map.at(result.loss);
  for (Update& update : result.updates) update.value = map.at(update.value);
  selection = std::move(rebuilt);
  return result;
}

}  // namespace lamina
