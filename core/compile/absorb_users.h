// SPDX-License-Identifier: Apache-2.0
// Pointwise nodes that only scale, shift, activate or add to one op's result become part of that op (OpDef::absorb), as far
// as nobody else needs the value in between. Chains go in one by one: a convolution takes in the scale of a normalisation,
// then its shift, then the activation, then the shortcut. docs/adr/0009 says why the op decides.
#pragma once

#include "core/compile/passes.h"

namespace lamina {

// Ops whose gradient rule is as good for the result (OpDef::absorbs_in_training). Stands before build_gradients, so that the
// gradient is that of the whole.
Graph absorb_users_in_training(const Graph& graph);

// Every op, where the result finds an implementation that comes no later in the op's list than the one it had. Stands before
// select_impls and behind simplify, which leaves one node of each kind.
Graph absorb_users(const Graph& graph, const OpRegistry& ops, const PlanOptions& options);

}  // namespace lamina
