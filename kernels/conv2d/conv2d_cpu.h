// SPDX-License-Identifier: Apache-2.0
// The cpu implementations of conv2d, conv2d_dgrad and conv2d_wgrad, in this order, for the list in conv2d_cpu.cpp.
#pragma once

#include <array>

#include "core/op/kernel_impl.h"

namespace lamina::cpu {

std::array<KernelImpl, 3> conv2d_onednn();
std::array<KernelImpl, 3> conv2d_reference();

}  // namespace lamina::cpu
