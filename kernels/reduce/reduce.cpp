// SPDX-License-Identifier: Apache-2.0
// The meaning of reduce stands in core/graph/reduce.cpp; this hands it to the registry.
#include "core/graph/reduce.h"

#include "kernels/op_folder.h"

namespace lamina {

std::vector<OpCase> reduce_cases();

std::vector<OpEntry> reduce_ops() { return {{reduce_op(), reduce_cases}}; }

}  // namespace lamina
