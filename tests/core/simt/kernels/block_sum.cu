// SPDX-License-Identifier: Apache-2.0
// sums[gridDim.x]: each block's part of the sum of x[count].
// Mapping   grid-stride loop, 256 threads a block; a warp reduces by shuffles, the first warp reduces the warps.
// Shared    8 floats, dynamic.     Barriers  one.     Bound  memory.
#include "core/simt/simt.h"
#include "tests/core/simt/kernels/first_kernels.h"

namespace lamina::SIMT_BACKEND {
namespace {

__device__ float warp_sum(float value) {
  for (int lanes = 16; lanes > 0; lanes /= 2) value += __shfl_xor_sync(0xffffffffu, value, lanes);
  return value;
}

__global__ void block_sum_kernel(const float* x, float* sums, int count) {
  SIMT_DYNAMIC_SHARED(float, warp_sums);
  float sum = 0.0f;
  const int stride = static_cast<int>(gridDim.x * blockDim.x);
  for (int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < count; i += stride) sum += x[i];
  sum = warp_sum(sum);
  if (threadIdx.x % 32 == 0) warp_sums[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x < 32) {
    sum = warp_sum(threadIdx.x < blockDim.x / 32 ? warp_sums[threadIdx.x] : 0.0f);
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
  }
}

}  // namespace

void sum_by_blocks(void* stream, const float* x, float* sums, int count, int blocks) {
  launch<block_sum_kernel>(stream, dim3(static_cast<unsigned>(blocks)), dim3(256), 8 * sizeof(float), x, sums, count);
}

}  // namespace lamina::SIMT_BACKEND
