// SPDX-License-Identifier: Apache-2.0
// The tensor-core implementations of the three convolutions, for the list in conv2d.cu.
#pragma once

#include "core/op/kernel_impl.h"
#include "core/simt/simt.h"

namespace lamina::SIMT_BACKEND {

// "implicit_gemm_bf16": bf16 factors and result, f32 sums. "implicit_gemm_tf32": f32, factors rounded to tf32; only where the
// query allows it.
KernelImpl conv2d_mma_bf16();
KernelImpl conv2d_dgrad_mma_bf16();
KernelImpl conv2d_wgrad_mma_bf16();
KernelImpl conv2d_mma_tf32();
KernelImpl conv2d_dgrad_mma_tf32();
KernelImpl conv2d_wgrad_mma_tf32();

}  // namespace lamina::SIMT_BACKEND
