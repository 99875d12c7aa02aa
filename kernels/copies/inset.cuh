// SPDX-License-Identifier: Apache-2.0
// Insets on sim and cuda, for the launchers of pad and unslice. The kernel stands in inset.cu.
#pragma once

#include "core/simt/qualifiers.h"
#include "kernels/copies/inset.h"

namespace lamina::SIMT_BACKEND {

Verdict accepts_inset(const KernelQuery& query, const Inset& inset);  // any type but f64, any but the hugest rows
void launch_inset(KernelContext& context);                            // input 0 into output 0; the state is an Inset

}  // namespace lamina::SIMT_BACKEND
