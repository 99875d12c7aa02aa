// SPDX-License-Identifier: Apache-2.0
// The cuda implementations, ours before the vendor's; in the build only where there is nvcc.
#include "core/op/op_registry.h"

namespace lamina {

namespace cuda {
#define LAMINA_OP_FOLDER(name) std::span<const KernelImpl> name##_impls();
#include "kernels/all_ops.def"
#undef LAMINA_OP_FOLDER
#define LAMINA_VENDOR_IMPLS(folder, library) std::span<const KernelImpl> folder##_##library##_impls();
#include "kernels/vendor_impls.def"
#undef LAMINA_VENDOR_IMPLS
}  // namespace cuda

namespace kernels {

void add_cuda_impls(OpRegistry& registry) {
#define LAMINA_OP_FOLDER(name) registry.add_impls(cuda::name##_impls());
#include "kernels/all_ops.def"
#undef LAMINA_OP_FOLDER
#define LAMINA_VENDOR_IMPLS(folder, library) registry.add_impls(cuda::folder##_##library##_impls());
#include "kernels/vendor_impls.def"
#undef LAMINA_VENDOR_IMPLS
}

}  // namespace kernels
}  // namespace lamina
