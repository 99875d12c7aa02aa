// SPDX-License-Identifier: Apache-2.0
#include "tests/core/runtime/sim/kernels/launch_kernels.h"

#include <new>

#include "core/simt/simt.h"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr unsigned kThreads = 256;

__global__ void count_threads_kernel(float* y) { y[blockIdx.x * blockDim.x + threadIdx.x] = 1.0f; }

__global__ void take_shared_kernel(float* y, int floats) {
  SIMT_DYNAMIC_SHARED(float, s);
  s[floats - 1] = 1.0f;
  y[0] = s[floats - 1];
}

__global__ void grid_barrier_kernel() { grid_sync(); }

__global__ void throwing_kernel(unsigned thrower) {
  if (blockIdx.x == thrower && threadIdx.x == 50) throw std::bad_alloc();
  __syncthreads();
}

__global__ void throwing_cooperative_kernel(unsigned thrower) {
  grid_sync();
  if (blockIdx.x == thrower && threadIdx.x == 50) throw std::bad_alloc();
  grid_sync();
}

dim3 grid_of(int blocks) { return dim3(static_cast<unsigned>(blocks)); }

}  // namespace

void count_threads(float* y, int blocks) {
  launch<count_threads_kernel>(nullptr, grid_of(blocks), dim3(kThreads), 0, y);
}

void take_shared(float* y, size_t shared_bytes) {
  launch<take_shared_kernel>(nullptr, dim3(1), dim3(1), shared_bytes, y,
                             static_cast<int>(shared_bytes / sizeof(float)));
}

void meet_at_grid_barrier(int blocks) {
  launch_cooperative<grid_barrier_kernel>(nullptr, grid_of(blocks), dim3(kThreads), 0);
}

void throw_in_kernel(int blocks, int thrower) {
  launch<throwing_kernel>(nullptr, grid_of(blocks), dim3(kThreads), 0, static_cast<unsigned>(thrower));
}

void throw_in_cooperative_kernel(int blocks, int thrower) {
  launch_cooperative<throwing_cooperative_kernel>(nullptr, grid_of(blocks), dim3(kThreads), 0,
                                                  static_cast<unsigned>(thrower));
}

}  // namespace lamina::SIMT_BACKEND
