// SPDX-License-Identifier: Apache-2.0
// Asynchronous copies in two stages; a scan over blocks with grid_sync; blocks that wait for each other's flags.
#include "core/simt/simt.h"
#include "kernels/device/async.cuh"
#include "tests/core/simt/kernels/vocabulary.h"

namespace lamina::SIMT_BACKEND {
namespace {

// 32 threads move 128 floats a stage; each lane reads what the lane beside it has copied.
__global__ void copy_by_stages_kernel(const float* x, float* y, int count) {
  __shared__ __align__(16) float stages[2][128];
  const int lane = static_cast<int>(threadIdx.x);
  cp_async<16>(&stages[0][4 * lane], x + 4 * lane);
  cp_async_commit();
  for (int first = 0, stage = 0; first < count; first += 128, stage ^= 1) {
    if (first + 128 < count) cp_async<16>(&stages[stage ^ 1][4 * lane], x + first + 128 + 4 * lane);
    cp_async_commit();
    cp_async_wait<1>();
    __syncthreads();
    for (int i = 0; i < 4; ++i) y[first + i * 32 + lane] = stages[stage][i * 32 + lane];
    __syncthreads();
  }
}

__global__ void scan_by_grid_kernel(float* x, float* scratch) {
  const int i = static_cast<int>(blockIdx.x);
  for (int distance = 1; distance < static_cast<int>(gridDim.x); distance *= 2) {
    if (threadIdx.x == 0) scratch[i] = x[i] + (i >= distance ? x[i - distance] : 0.0f);
    grid_sync();
    if (threadIdx.x == 0) x[i] = scratch[i];
    grid_sync();
  }
}

// Thread 1 does the work and thread 0 the signalling, so that the flag must carry what the block did before a barrier.
__global__ void pass_along_blocks_kernel(unsigned* flags, float* y) {
  const int i = static_cast<int>(blockIdx.x);
  if (i > 0 && threadIdx.x == 0) wait_until(flags + i - 1, [](unsigned value) { return value != 0; });
  __syncthreads();
  if (threadIdx.x == 1) y[i] = i > 0 ? y[i - 1] + 1.0f : 1.0f;
  __syncthreads();
  if (threadIdx.x == 0) {
    __threadfence();
    atomicExch(flags + i, 1u);
  }
}

}  // namespace

void copy_by_stages(void* stream, const float* x, float* y, int count) {
  launch<copy_by_stages_kernel>(stream, dim3(1), dim3(32), 0, x, y, count);
}

void scan_by_grid(void* stream, float* x, float* scratch, int blocks) {
  launch_cooperative<scan_by_grid_kernel>(stream, dim3(static_cast<unsigned>(blocks)), dim3(32), 0, x, scratch);
}

void pass_along_blocks(void* stream, unsigned* flags, float* y, int blocks) {
  launch_cooperative<pass_along_blocks_kernel>(stream, dim3(static_cast<unsigned>(blocks)), dim3(64), 0, flags, y);
}

}  // namespace lamina::SIMT_BACKEND
