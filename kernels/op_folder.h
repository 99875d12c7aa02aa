// SPDX-License-Identifier: Apache-2.0
// What the folder kernels/<name>/ gives to all_ops:
//
//   std::vector<OpEntry> <name>_ops();                            in <name>.cpp: its ops and their cases
//   std::span<const KernelImpl> cpu::<name>_impls();              in <name>_cpu.cpp
//   std::span<const KernelImpl> sim::<name>_impls(), cuda::...    in <name>.cu, as SIMT_BACKEND::<name>_impls()
#pragma once

#include <vector>

#include "core/op/op_case.h"
#include "core/op/op_def.h"

namespace lamina {

struct OpEntry {
  const OpDef& op;
  std::vector<OpCase> (*cases)();
};

}  // namespace lamina
