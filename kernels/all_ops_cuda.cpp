// SPDX-License-Identifier: Apache-2.0
// The cuda implementations; in the build only where there is nvcc.
#include "core/op/op_registry.h"

namespace lamina {

namespace cuda {
#define LAMINA_OP_FOLDER(name) std::span<const KernelImpl> name##_impls();
#include "kernels/all_ops.def"
#undef LAMINA_OP_FOLDER
}  // namespace cuda

namespace kernels {

void add_cuda_impls(OpRegistry& registry) {
#define LAMINA_OP_FOLDER(name) registry.add_impls(cuda::name##_impls());
#include "kernels/all_ops.def"
#undef LAMINA_OP_FOLDER
}

}  // namespace kernels
}  // namespace lamina
