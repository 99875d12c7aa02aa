// SPDX-License-Identifier: Apache-2.0
#include "kernels/all_ops.h"

#include "kernels/op_folder.h"

namespace lamina {

#define LAMINA_OP_FOLDER(name)                  \
  std::vector<OpEntry> name##_ops();            \
  namespace cpu {                               \
  std::span<const KernelImpl> name##_impls();   \
  }                                             \
  namespace sim {                               \
  std::span<const KernelImpl> name##_impls();   \
  }
#include "kernels/all_ops.def"
#undef LAMINA_OP_FOLDER

namespace kernels {

void add_cuda_impls(OpRegistry& registry);  // all_ops_cuda.cpp or all_ops_without_cuda.cpp

OpRegistry all_ops() {
  OpRegistry registry;
#define LAMINA_OP_FOLDER(name)                                                     \
  for (const OpEntry& entry : name##_ops()) registry.add(entry.op, {}, entry.cases); \
  registry.add_impls(cpu::name##_impls());                                         \
  registry.add_impls(sim::name##_impls());
#include "kernels/all_ops.def"
#undef LAMINA_OP_FOLDER
  add_cuda_impls(registry);
  return registry;
}

}  // namespace kernels
}  // namespace lamina
