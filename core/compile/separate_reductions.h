// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/compile/passes.h"

namespace lamina {

// A reduction over a short pointwise chain that others read too gets a chain of its own, where that reads no more than two
// tensors: reading two costs less than writing the result and reading it again. What is left of the first chain no longer
// has to stand before the reduction. Of a gradient g = dw + c w that is first checked (a sum) and then applied, the check is
// then one reduction and the update one pointwise node, where else all that lies between them would be written to memory.
// Stands behind simplify, which would make the chains one again, and before select_impls.
Graph separate_reductions(const Graph& graph, const PlanOptions& options);

}  // namespace lamina
