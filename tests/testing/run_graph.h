// SPDX-License-Identifier: Apache-2.0
// Runs Values on a device, through the passes that every model goes through.
#pragma once

#include "core/compile/make_plan.h"
#include "core/exec/executor.h"

namespace lamina::testing {

// The plan options that tests share: the device, every pass on.
PlanOptions plan_options(DeviceKind device);

// Compiles `graph` for the shapes of `feed`'s inputs and runs it once.
Feed run_graph(const Graph& graph, const Feed& feed, const PlanOptions& options);

// Several Values at once, in order.
std::vector<HostTensor> run_values(std::span<const Value> values, const Feed& feed, const PlanOptions& options);

// The symbols that the shapes of `feed` give to the inputs of `graph`.
SymbolBindings bindings_of(const Graph& graph, const Feed& feed);

}  // namespace lamina::testing
