// SPDX-License-Identifier: Apache-2.0
// From a traced graph to a plan for one signature of input shapes.
#pragma once

#include "core/compile/passes.h"

namespace lamina {

Plan make_plan(const Graph& graph, const SymbolBindings& signature, const OpRegistry& ops, const PlanOptions& options);

}  // namespace lamina
