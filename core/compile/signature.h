// SPDX-License-Identifier: Apache-2.0
// Which numbers the symbols of a graph have, read off the shapes of the data.
#pragma once

#include <map>
#include <string>

#include "core/graph/graph.h"

namespace lamina {

// `shapes` by input name (names that are no input of the graph are ignored). Throws where an input is missing, a rank
// or a number differs, or one symbol would have two values; every message names the input, as users call it, and both
// shapes.
SymbolBindings signature_of(const Graph& graph, const std::map<std::string, Extents>& shapes);

}  // namespace lamina
