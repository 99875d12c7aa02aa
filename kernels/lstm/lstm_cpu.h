// SPDX-License-Identifier: Apache-2.0
// The implementations of lstm and lstm_backward on the host, one file each; lstm_cpu.cpp puts them in order.
#pragma once

#include "core/op/kernel_impl.h"

namespace lamina::cpu {

KernelImpl lstm_cell();  // lstm_cell.cpp
KernelImpl lstm_backward_cell();
KernelImpl lstm_onednn();     // lstm_onednn.cpp: prediction only, to compare with
KernelImpl lstm_reference();  // lstm_reference.cpp
KernelImpl lstm_backward_reference();

}  // namespace lamina::cpu
