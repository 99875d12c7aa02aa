// SPDX-License-Identifier: Apache-2.0
// z[count] = x[count] + y[count].
// Mapping   grid-stride loop, 256 threads a block.     Shared    none.     Barriers  none.     Bound  memory.
#include "core/simt/simt.h"
#include "tests/core/simt/kernels/first_kernels.h"

namespace lamina::SIMT_BACKEND {
namespace {

__global__ void vector_add_kernel(const float* __restrict__ x, const float* __restrict__ y, float* __restrict__ z,
                                  int count) {
  const int stride = static_cast<int>(gridDim.x * blockDim.x);
  for (int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < count; i += stride) z[i] = x[i] + y[i];
}

}  // namespace

void add_vectors(void* stream, const float* x, const float* y, float* z, int count) {
  const unsigned blocks = static_cast<unsigned>(min((count + 255) / 256, 64));
  launch<vector_add_kernel>(stream, dim3(blocks), dim3(256), 0, x, y, z, count);
}

}  // namespace lamina::SIMT_BACKEND
