// SPDX-License-Identifier: Apache-2.0
// The implementation of lstm_backward, for the list in lstm.cu.
#pragma once

#include "core/op/kernel_impl.h"
#include "core/simt/simt.h"

namespace lamina::SIMT_BACKEND {

KernelImpl lstm_backward_cell();

}  // namespace lamina::SIMT_BACKEND
