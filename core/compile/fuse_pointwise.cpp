// SPDX-License-Identifier: Apache-2.0
// Connected pointwise nodes over one domain become one node with one program: what only the group reads stays in a
// register. A reduction that is the one reader of a group's one result takes the program in.
#include <algorithm>

#include "core/base/check.h"
#include "core/compile/passes.h"
#include "core/compile/pointwise_groups.h"
#include "core/graph/pointwise.h"
#include "core/graph/program_builder.h"
#include "core/graph/reduce.h"

namespace lamina {
namespace {

using NodePtr = std::shared_ptr<const Node>;

// The graph again, with one node for each group where an implementation takes it.
class Rebuild {
 public:
  Rebuild(const PointwiseGroups& groups, Selection& selection, const OpRegistry& ops, const PlanOptions& options)
      : groups_(groups), selection_(selection), ops_(ops), options_(options) {}

  ValueMap run(Selection& rebuilt) {
    for (const int group : groups_.in_order()) {
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
        if (groups_.escapes(value, group)) results.push_back(value);
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
        if (!is_x && groups_.escapes(value, group)) return false;
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
    std::vector<TensorType> outputs = op.infer(attributes, types_of(inputs));
    const NodePtr node(new Node{&op, std::move(attributes), inputs, std::move(outputs), like.name, like.serial});
    std::optional<Choice> choice = find_impl(*node, ops_, options_);
    if (!choice) return {};
    rebuilt[node.get()] = std::move(*choice);
    std::vector<Value> values;
    for (size_t i = 0; i < node->outputs.size(); ++i) values.emplace_back(node, static_cast<int>(i));
    return values;
  }

  const PointwiseGroups& groups_;
  Selection& selection_;
  const OpRegistry& ops_;
  const PlanOptions& options_;
  ValueMap map_;
};

}  // namespace

Graph fuse_pointwise(const Graph& graph, Selection& selection, const OpRegistry& ops, const PlanOptions& options) {
  if (!options.fuse) return graph;
  PointwiseGroups groups(graph);
  groups.grow();
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
