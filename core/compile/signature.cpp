// SPDX-License-Identifier: Apache-2.0
#include "core/compile/signature.h"

#include "core/base/check.h"
#include "core/compile/bind_losses.h"
#include "core/graph/leaves.h"

namespace lamina {
namespace {

// A symbol alone: what an input dimension may be besides a number.
std::string symbol_of(const Dim& dim) {
  std::map<std::string, bool> symbols;
  dim.collect_symbols(symbols);
  return symbols.size() == 1 && dim == Dim::symbol(symbols.begin()->first) ? symbols.begin()->first : "";
}

}  // namespace

SymbolBindings signature_of(const Graph& graph, const std::map<std::string, Extents>& shapes) {
  SymbolBindings bindings;
  for (const auto& node : graph.nodes()) {
    if (node->op != &input_op()) continue;
    const InputAttributes& input = input_of(*node);
    const auto given = shapes.find(input.name);
    if (given == shapes.end()) {
      std::vector<std::string> names;
      for (const auto& [name, extents] : shapes) names.push_back(name);
      throw Error(ErrorKind::model, text("no data for ", shown_input(input.name), "; given are ", join(names, ", ", "'"),
                                         did_you_mean(input.name, names)));
    }
    const Extents& extents = given->second;
    bool fits = extents.rank() == input.shape.rank();
    for (int axis = 0; fits && axis < extents.rank(); ++axis) {
      const Dim& dim = input.shape[axis];
      if (dim.is_number()) {
        fits = dim.number() == extents[axis];
        continue;
      }
      const std::string symbol = symbol_of(dim);
      LAMINA_CHECK(!symbol.empty(), shown_input(input.name), ": dimension '", dim, "' must be a number or one symbol");
      const auto [bound, inserted] = bindings.try_emplace(symbol, extents[axis]);
      LAMINA_CHECK(inserted || bound->second == extents[axis], shown_input(input.name), ": dimension '", symbol, "' is ",
                   extents[axis], " here and ", bound->second, " in another input");
    }
    LAMINA_CHECK(fits, shown_input(input.name), " is incompatible with the model: expected shape=", input.shape,
                 ", found shape=", extents);
  }
  return bindings;
}

}  // namespace lamina
