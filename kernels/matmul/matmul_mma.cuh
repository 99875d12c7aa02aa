// SPDX-License-Identifier: Apache-2.0
// The tensor-core implementations of matmul, for the list in matmul.cu.
#pragma once

#include "core/op/kernel_impl.h"
#include "core/simt/simt.h"

namespace lamina::SIMT_BACKEND {

KernelImpl matmul_mma_bf16();  // bf16 factors and result, f32 sums
KernelImpl matmul_mma_tf32();  // f32, factors rounded to tf32; only where the query allows it

}  // namespace lamina::SIMT_BACKEND
