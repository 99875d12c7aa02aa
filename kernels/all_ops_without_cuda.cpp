// SPDX-License-Identifier: Apache-2.0
// This build has no nvcc: the cuda device has no implementations, and selecting it says so.
#include "core/op/op_registry.h"

namespace lamina::kernels {

void add_cuda_impls(OpRegistry&) {}

}  // namespace lamina::kernels
