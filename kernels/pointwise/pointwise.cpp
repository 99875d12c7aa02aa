// SPDX-License-Identifier: Apache-2.0
// The meaning of pointwise stands in core/graph/pointwise.cpp; this hands it to the registry.
#include "core/graph/pointwise.h"

#include "kernels/op_folder.h"

namespace lamina {

std::vector<OpCase> pointwise_cases();

std::vector<OpEntry> pointwise_ops() { return {{pointwise_op(), pointwise_cases}}; }

}  // namespace lamina
