// SPDX-License-Identifier: Apache-2.0
#include "kernels/lstm/lstm_cpu.h"

namespace lamina::cpu {

std::span<const KernelImpl> lstm_impls() {
  static const KernelImpl impls[] = {
      lstm_cell(), lstm_onednn(), lstm_reference(), lstm_backward_cell(), lstm_backward_reference(),
  };
  return impls;
}

}  // namespace lamina::cpu
