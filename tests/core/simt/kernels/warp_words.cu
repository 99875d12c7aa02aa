// SPDX-License-Identifier: Apache-2.0
// Shuffles, votes, integer reductions and block votes: one warp, or one block of 256 threads.
#include "core/simt/simt.h"
#include "tests/core/simt/kernels/vocabulary.h"

namespace lamina::SIMT_BACKEND {
namespace {

__global__ void warp_words_kernel(const int* x, int* out) {
  constexpr unsigned kAll = 0xffffffffu;
  const int lane = static_cast<int>(threadIdx.x);
  const int value = x[lane];
  int* mine = out + lane * kWarpResults;
  mine[0] = __shfl_sync(kAll, value, 3);
  mine[1] = __shfl_up_sync(kAll, value, 2);
  mine[2] = __shfl_down_sync(kAll, value, 5, 8);
  mine[3] = __shfl_xor_sync(kAll, value, 9);
  mine[4] = static_cast<int>(__ballot_sync(kAll, value > 0));
  mine[5] = __reduce_add_sync(kAll, value);
  if (lane < 8) mine[6] = __reduce_max_sync(0xffu, value);  // a part of the warp
  if (lane >= 8) mine[6] = __any_sync(0xffffff00u, value == 12345) * 2 + __all_sync(0xffffff00u, value < 12345);
  const float half = __shfl_sync(kAll, 0.5f * static_cast<float>(value), 1);
  mine[7] = static_cast<int>(2.0f * half);
}

__global__ void block_votes_kernel(const int* x, unsigned* out) {
  __shared__ unsigned positive;
  const int value = x[threadIdx.x];
  if (threadIdx.x == 0) positive = 0;
  const int count = __syncthreads_count(value > 0);
  const int all = __syncthreads_and(value > 0);
  const int any = __syncthreads_or(value > 0);
  if (value > 0) atomicAdd(&positive, 1u);
  __syncthreads();
  if (threadIdx.x != 0) return;
  out[0] = static_cast<unsigned>(count);
  out[1] = static_cast<unsigned>(all);
  out[2] = static_cast<unsigned>(any);
  out[3] = positive;
}

}  // namespace

void warp_words(void* stream, const int* x, int* out) {
  launch<warp_words_kernel>(stream, dim3(1), dim3(32), 0, x, out);
}

void block_votes(void* stream, const int* x, unsigned* out) {
  launch<block_votes_kernel>(stream, dim3(1), dim3(256), 0, x, out);
}

}  // namespace lamina::SIMT_BACKEND
