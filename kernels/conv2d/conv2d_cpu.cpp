// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv2d/conv2d_cpu.h"

#include <vector>

namespace lamina::cpu {

std::span<const KernelImpl> conv2d_impls() {
  static const std::vector<KernelImpl> impls = [] {
    std::vector<KernelImpl> all;
    for (const auto& list : {conv2d_onednn(), conv2d_reference()}) all.insert(all.end(), list.begin(), list.end());
    return all;
  }();
  return impls;
}

}  // namespace lamina::cpu
