// SPDX-License-Identifier: Apache-2.0
#include "core/simt/simt.h"
#include "tests/core/runtime/sim/kernels/slot_kernels.h"

namespace lamina::SIMT_BACKEND {
namespace {

__global__ void add_one_kernel(const float* x, float* y) { y[threadIdx.x] = x[threadIdx.x] + 1.0f; }

}  // namespace

void add_one(const float* x, float* y, int count) {
  launch<add_one_kernel>(nullptr, dim3(1), dim3(static_cast<unsigned>(count)), 0, x, y);
}

}  // namespace lamina::SIMT_BACKEND
