// SPDX-License-Identifier: Apache-2.0
// The passes that run once per signature of input shapes, after the graph is traced and differentiated. make_plan.cpp
// calls them in order; each has a file of its name.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/graph/graph.h"
#include "core/op/op_registry.h"
#include "core/plan/plan.h"

namespace lamina {

// What the user may say about how a plan is made.
struct PlanOptions {
  DeviceKind device = DeviceKind::cpu;
  int threads = 1;
  bool deterministic = true;
  bool allow_tf32 = false;
  bool fuse = true;
  std::map<std::string, std::string> forced_impls;  // op name -> implementation name ("matmul" -> "tiled")
  std::ostream* dump = nullptr;                     // prints the graph after each pass
};

// The implementation chosen for a node, ready to launch.
struct Choice {
  KernelImpl impl;
  Prepared prepared;
  std::vector<Refusal> refusals;
};
using Selection = std::map<const Node*, Choice>;

// True for nodes that become no step: leaves, and reshapes, which are second views of a slot.
bool is_free(const Node& node);

// Removes double, dead and neutral nodes and computes what depends on constants alone. Stands before specialise so that
// every signature starts from the small graph, and is run again after it, when sizes have become constants.
Graph simplify(const Graph& graph);

// Symbols become numbers; every node is re-inferred, so a shape that cannot be is named here.
Graph specialise(const Graph& graph, const SymbolBindings& bindings);

// Each update is written by a pointwise node of its own, which may therefore alias its variable. Stands behind simplify,
// which would drop the copies.
Graph separate_updates(const Graph& graph);

// The first implementation of each op that accepts, made ready. Throws, listing every refusal, where none does.
// Stands before assign_layouts because layouts come out of the chosen primitives.
Selection select_impls(const Graph& graph, const OpRegistry& ops, const PlanOptions& options);
Choice select_impl(const Node& node, const OpRegistry& ops, const PlanOptions& options);

// The same for a node that may have none: nothing, and why in `refused`.
std::optional<Choice> find_impl(const Node& node, const OpRegistry& ops, const PlanOptions& options,
                                std::vector<Refusal>* refused = nullptr);

// The place that this implementation has in the op's list, with no primitive made for it.
std::optional<size_t> accepting_impl(const Node& node, const OpRegistry& ops, const PlanOptions& options,
                                     std::vector<Refusal>* refused = nullptr);

// Where a chosen implementation wants another layout than its input has, a visible `reorder` node goes between; values
// that are read in one layout by several nodes are converted once.
Graph assign_layouts(const Graph& graph, Selection& selection, const OpRegistry& ops, const PlanOptions& options);

// Chains of pointwise nodes, and the reductions at their ends, become one node each, where an implementation accepts
// the result. Stands after assign_layouts, so that no chain crosses a reorder.
Graph fuse_pointwise(const Graph& graph, Selection& selection, const OpRegistry& ops, const PlanOptions& options);

// The order of steps, the slots, and one arena in which slots that live at the same time never overlap.
Plan emit_plan(const Graph& graph, const Selection& selection, const PlanOptions& options);
void plan_memory(Plan& plan);  // sets the offsets of the arena slots from their lifetimes

}  // namespace lamina
