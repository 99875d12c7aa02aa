// SPDX-License-Identifier: Apache-2.0
// The plain formulas of batch_norm and batch_norm_grad, in this order, for the list in batch_norm_cpu.cpp.
#pragma once

#include <array>

#include "core/op/kernel_impl.h"

namespace lamina::cpu {

std::array<KernelImpl, 2> batch_norm_reference();

}  // namespace lamina::cpu
