// SPDX-License-Identifier: Apache-2.0
// Strided copies on sim and cuda, for the launchers of slice, concat and tile. The kernel stands in strided_copy.cu.
#pragma once

#include "core/simt/qualifiers.h"
#include "kernels/copies/strided_copy.h"

namespace lamina::SIMT_BACKEND {

inline constexpr int kWidestWord = 16;  // bytes: what one thread moves at most

// Both pointers aligned to the element size of `copy`.
void run_copy(void* stream, const StridedCopy& copy, const void* from, void* to);

void launch_copy(KernelContext& context);  // input 0 to output 0; the state is a StridedCopy

}  // namespace lamina::SIMT_BACKEND
