// SPDX-License-Identifier: Apache-2.0
// The last pass: an order of steps in which every reader of a variable runs before its update, and the slots. A value
// that updates a variable is written straight into the variable's memory.
#include <algorithm>
#include <queue>

#include "core/base/check.h"
#include "core/compile/passes.h"
#include "core/compile/update_edges.h"
#include "core/graph/leaves.h"
#include "core/graph/reshape.h"

namespace lamina {
namespace {

using NodePtr = std::shared_ptr<const Node>;

// Topological, stable, and with each update behind all other readers of its variable.
std::vector<NodePtr> order_of_steps(const Graph& graph) {
  const std::vector<NodePtr> nodes = graph.nodes();
  std::map<const Node*, int> index;
  for (size_t i = 0; i < nodes.size(); ++i) index[nodes[i].get()] = static_cast<int>(i);
  std::vector<std::set<int>> next(nodes.size());
  const auto add_edge = [&](int from, int to) {
    if (from != to) next[static_cast<size_t>(from)].insert(to);
  };
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (const Value& input : nodes[i]->inputs) add_edge(index.at(input.node().get()), static_cast<int>(i));
  }
  for (const auto& [reader, writer] : update_edges(graph, nodes)) add_edge(reader, writer);
  std::vector<int> waiting_for(nodes.size(), 0);
  for (const auto& targets : next) {
    for (const int to : targets) ++waiting_for[static_cast<size_t>(to)];
  }
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (waiting_for[i] == 0) ready.push(static_cast<int>(i));
  }
  std::vector<NodePtr> order;
  while (!ready.empty()) {
    const int at = ready.top();
    ready.pop();
    order.push_back(nodes[static_cast<size_t>(at)]);
    for (const int to : next[static_cast<size_t>(at)]) {
      if (--waiting_for[static_cast<size_t>(to)] == 0) ready.push(to);
    }
  }
  LAMINA_ASSERT(order.size() == nodes.size(), "an update is needed by a reader of the old contents");
  return order;
}

class Emitter {
 public:
  Emitter(const Graph& graph, const Selection& selection, const PlanOptions& options)
      : graph_(graph), selection_(selection) {
    plan_.device = options.device;
  }

  Plan run() {
    for (const Update& update : graph_.updates) {
      updated_.emplace(update.value, update.variable);
    }
    for (const NodePtr& node : order_of_steps(graph_)) emit(node);
    for (const NamedValue& output : graph_.outputs) {
      const Argument& argument = arguments_.at(output.value);
      plan_.outputs.push_back({output.name, argument});
      touch(argument.slot, static_cast<int>(plan_.steps.size()));
    }
    plan_memory(plan_);
    return std::move(plan_);
  }

 private:
  int add_slot(Slot slot) {
    plan_.slots.push_back(std::move(slot));
    return static_cast<int>(plan_.slots.size()) - 1;
  }

  void touch(int slot, int step) {
    Slot& touched = plan_.slots[static_cast<size_t>(slot)];
    touched.last_step = std::max(touched.last_step, step);
  }

  int slot_of_variable(const std::shared_ptr<Variable>& variable) {
    const auto [entry, inserted] = variables_.try_emplace(variable.get(), -1);
    if (inserted) {
      Slot slot{Slot::Kind::variable, variable->name, static_cast<size_t>(variable->count()) * size_of(variable->dtype)};
      slot.variable = variable;
      entry->second = add_slot(std::move(slot));
    }
    return entry->second;
  }

  void emit(const NodePtr& node) {
    const TensorType& type = node->outputs[0];
    const Value first(node, 0);
    const size_t bytes = static_cast<size_t>(type.shape.extents().count()) * size_of(type.dtype);
    const auto bind = [&](int slot) { arguments_[first] = {slot, type.dtype, type.shape.extents()}; };
    if (node->op == &input_op()) {
      const std::string& name = input_of(*node).name;
      for (const Binding& known : plan_.inputs) LAMINA_ASSERT(known.name != name, "input '", name, "' stands twice");
      bind(add_slot({Slot::Kind::input, name, bytes}));
      plan_.inputs.push_back({name, arguments_.at(first)});
    } else if (node->op == &variable_op()) {
      bind(slot_of_variable(variable_of(*node)));
    } else if (node->op == &constant_op()) {
      Slot slot{Slot::Kind::constant, node->name, bytes};
      slot.constant = std::make_shared<HostTensor>(constant_of(*node));
      bind(add_slot(std::move(slot)));
    } else if (node->op == &reshape_op()) {
      bind(arguments_.at(node->inputs[0]).slot);
    } else {
      emit_step(node);
    }
  }

  void emit_step(const NodePtr& node) {
    const Choice& choice = selection_.at(node.get());
    const int at = static_cast<int>(plan_.steps.size());
    Step step;
    step.name = text(node->name, "#", at);
    step.op = node->op;
    step.attributes = node->attributes;
    step.impl = choice.impl;
    step.prepared = choice.prepared;
    step.refusals = choice.refusals;
    std::vector<TensorType> types;
    for (const Value& input : node->inputs) {
      step.inputs.push_back(arguments_.at(input));
      types.push_back(input.type());
      touch(step.inputs.back().slot, at);
    }
    for (size_t i = 0; i < node->outputs.size(); ++i) {
      const Value value(node, static_cast<int>(i));
      const Extents extents = node->outputs[i].shape.extents();
      const Layout layout = i < choice.prepared.output_layouts.size() ? choice.prepared.output_layouts[i] : Layout();
      const auto update = updated_.find(value);
      int slot;
      if (update != updated_.end()) {
        slot = slot_of_variable(update->second);
      } else {
        Slot made{Slot::Kind::arena, step.name + (i ? text(".", i) : ""),
                  static_cast<size_t>(layout.bytes(extents, static_cast<int64_t>(size_of(node->outputs[i].dtype))))};
        made.first_step = made.last_step = at;
        slot = add_slot(std::move(made));
      }
      arguments_[value] = {slot, node->outputs[i].dtype, extents};
      step.outputs.push_back(arguments_.at(value));
    }
    if (choice.prepared.workspace_bytes) {
      Slot workspace{Slot::Kind::arena, step.name + ".workspace", choice.prepared.workspace_bytes};
      workspace.first_step = workspace.last_step = at;
      step.workspace_slot = add_slot(std::move(workspace));
    }
    step.cost = cost_of(*node->op, node->attributes, types, node->outputs);
    plan_.steps.push_back(std::move(step));
  }

  const Graph& graph_;
  const Selection& selection_;
  Plan plan_;
  std::map<ValueKey, Argument> arguments_;
  std::map<ValueKey, std::shared_ptr<Variable>> updated_;
  std::map<const Variable*, int> variables_;
};

}  // namespace

Plan emit_plan(const Graph& graph, const Selection& selection, const PlanOptions& options) {
  return Emitter(graph, selection, options).run();
}

}  // namespace lamina
