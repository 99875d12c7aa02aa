// SPDX-License-Identifier: Apache-2.0
// The meaning of reorder stands in core/graph/reorder.cpp; this hands it to the registry. It has no cases: only
// assign_layouts makes its nodes (tests/kernels/reorder).
#include "core/graph/reorder.h"

#include "kernels/op_folder.h"

namespace lamina {

std::vector<OpEntry> reorder_ops() { return {{reorder_op(), nullptr}}; }

}  // namespace lamina
