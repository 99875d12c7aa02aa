// SPDX-License-Identifier: Apache-2.0
#include "core/compile/make_plan.h"

#include <ostream>

#include "core/compile/absorb_users.h"
#include "core/compile/separate_reductions.h"

namespace lamina {
namespace {

// Verifies the graph after each pass and, if asked, prints it.
class PassLog {
 public:
  explicit PassLog(std::ostream* out) : out_(out) {}

  Graph operator()(const char* pass, Graph graph) const {
    verify(graph);
    if (out_) {
      *out_ << "---- after " << pass << "\n";
      print(graph, *out_);
    }
    return graph;
  }

 private:
  std::ostream* out_;
};

}  // namespace

Plan make_plan(const Graph& traced, const SymbolBindings& signature, const OpRegistry& ops, const PlanOptions& options) {
  const PassLog log(options.dump);
  Graph graph = log("specialise", specialise(traced, signature));         // symbols become numbers
  graph = log("simplify", simplify(graph));                               // sizes have become constants
  graph = log("absorb_users", absorb_users(graph, ops, options));         // biases and activations become part of ops
  graph = log("separate_updates", separate_updates(graph));               // each update may alias its variable
  graph = log("separate_reductions", separate_reductions(graph, options));  // checks and losses need not hold up the rest
  Selection impls = select_impls(graph, ops, options);                    // layouts come out of the chosen primitives
  graph = log("assign_layouts", assign_layouts(graph, impls, ops, options));  // every conversion is a visible node
  graph = log("fuse_pointwise", fuse_pointwise(graph, impls, ops, options));  // only where an implementation accepts
  return emit_plan(graph, impls, options);
}

}  // namespace lamina
