// SPDX-License-Identifier: Apache-2.0
// The gate pass of one row in one step, vectorised: the pre-activations of a row (4U floats) stay in the first cache.
#pragma once

#include <cstdint>

#include "kernels/lstm/lstm_arguments.h"

namespace lamina {

// gates [4U]: pre-activations without bias in, activated gates out. bias [4U] or null. cell [U]: before in, after out.
void gate_row_forward(const LstmRule& rule, int64_t units, float* gates, const float* bias, float* cell, float* hidden);

// gates [4U], cell_before [U] as kept; dh [U] arrives at the hidden state. dc [U]: after in, before out. dz [4U].
void gate_row_backward(const LstmRule& rule, int64_t units, const float* gates, const float* cell_before,
                       const float* dh, float* dc, float* dz);

}  // namespace lamina
