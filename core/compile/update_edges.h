// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/graph/graph.h"

namespace lamina {

// (reader, writer) by index in `nodes`, topological: every node that reads a variable's old contents, directly or through
// a reshape (a view of the same memory), must run before the node whose result is written into that memory.
std::vector<std::pair<int, int>> update_edges(const Graph& graph, const std::vector<std::shared_ptr<const Node>>& nodes);

}  // namespace lamina
