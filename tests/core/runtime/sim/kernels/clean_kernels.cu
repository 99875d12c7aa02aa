// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <iterator>

#include "core/simt/simt.h"
#include "tests/core/runtime/sim/kernels/clean_kernels.h"

namespace lamina::SIMT_BACKEND {
namespace {

// Reads of what was never written stand in parts that do not run; the compiler must not move them out.
__global__ void conditional_reads(CleanBuffers b, int rounds, int never) {
  __shared__ float values[64];
  const int i = static_cast<int>(threadIdx.x);
  if (i < 16) values[i] = b.x[i];
  __syncthreads();
  float sum = 0.0f;
  for (int round = 0; round < rounds; ++round) {
    if (round * 7 % 5 == never) sum += values[40] + values[63];
  }
  b.y[i] = sum + (i < 16 ? values[i] : 0.0f) + (never < 0 ? values[3] : values[50]);
}

// Neighbouring bytes of one word belong to different threads.
__global__ void bytes_side_by_side(CleanBuffers b) {
  __shared__ bool odd[64];
  const int i = static_cast<int>(threadIdx.x);
  odd[i] = i % 2 != 0;
  __syncthreads();
  b.bytes[i] = odd[63 - i] ? 1 : 2;
}

__global__ void tree_in_a_warp(CleanBuffers b) {
  __shared__ float values[64];
  const int i = static_cast<int>(threadIdx.x), lane = i % 32;
  values[i] = b.x[i];
  __syncwarp();
  for (int half = 16; half > 0; half /= 2) {
    const float other = lane < half ? values[i + half] : 0.0f;
    __syncwarp();
    if (lane < half) values[i] += other;
    __syncwarp();
  }
  b.y[i] = values[i - lane];
}

__global__ void halves_of_a_warp(CleanBuffers b) {
  __shared__ float values[32];
  const int i = static_cast<int>(threadIdx.x);
  const unsigned half = i < 16 ? 0xffffu : 0xffff0000u;
  if (i < 16) {
    values[i] = b.x[i];
    __syncwarp(half);
    b.y[i] = values[i ^ 5] + __shfl_xor_sync(half, 1.0f, 3);
  } else {
    values[i] = -b.x[i];
    __syncwarp(half);
    b.y[i] = values[i ^ 7] + __shfl_xor_sync(half, 2.0f, 1);
  }
  __syncwarp();
  b.y[i + 32] = values[31 - i];
}

__global__ void early_exit_after_the_last_barrier(CleanBuffers b) {
  __shared__ float values[128];
  const int i = static_cast<int>(threadIdx.x);
  values[i] = b.x[i];
  __syncthreads();
  if (i >= 100) return;
  b.y[i] = values[127 - i] + (i < 96 ? __shfl_sync(0xffffffffu, 1.0f, 5) : 0.0f);
}

__global__ void histogram(CleanBuffers b) {
  __shared__ unsigned counts[16];
  const int i = static_cast<int>(threadIdx.x);
  if (i < 16) counts[i] = 0;
  __syncthreads();
  atomicAdd(&counts[static_cast<int>(b.x[i]) % 16], 1u);
  __syncthreads();
  if (i < 16) atomicAdd(&b.counts[i], counts[i]);
}

struct Row {
  float4 values[4];
};

// Whole structs through memcpy and assignment, an array of locals by address, a table.
__constant__ float kScale[4] = {1, 2, 4, 8};
__global__ void structs_and_locals(CleanBuffers b) {
  const int i = static_cast<int>(threadIdx.x);
  Row row = reinterpret_cast<const Row*>(b.x)[i];
  float values[16];
  std::memcpy(values, &row, sizeof(row));
  for (int k = 0; k < 16; ++k) values[k] *= kScale[k % 4];
  std::memcpy(&row, values, sizeof(row));
  reinterpret_cast<Row*>(b.y)[i] = row;
}

// One block reads what another launch, not another block of this one, has written.
__global__ void write_own_part(CleanBuffers b) { b.y[blockIdx.x * blockDim.x + threadIdx.x] = b.x[threadIdx.x]; }
__global__ void read_other_part(CleanBuffers b) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  b.bytes[i] = static_cast<unsigned char>(b.y[255 - i]);
}

template <auto K, unsigned kThreads, unsigned kBlocks = 1>
void run(const CleanBuffers& buffers) {
  launch<K>(nullptr, dim3(kBlocks), dim3(kThreads), 0, buffers);
}

constexpr CleanKernel kKernels[] = {
    {"conditional_reads",
     [](const CleanBuffers& b) { launch<conditional_reads>(nullptr, dim3(1), dim3(64), 0, b, 20, -1); }},
    {"bytes_side_by_side", run<bytes_side_by_side, 64>},
    {"tree_in_a_warp", run<tree_in_a_warp, 64>},
    {"halves_of_a_warp", run<halves_of_a_warp, 32>},
    {"early_exit_after_the_last_barrier", run<early_exit_after_the_last_barrier, 128>},
    {"histogram", run<histogram, 256, 4>},
    {"structs_and_locals", run<structs_and_locals, 64>},
    {"two_launches",
     [](const CleanBuffers& b) {
       launch<write_own_part>(nullptr, dim3(4), dim3(64), 0, b);
       launch<read_other_part>(nullptr, dim3(4), dim3(64), 0, b);
     }},
};

}  // namespace

const CleanKernel* const kCleanKernels = kKernels;
const int kCleanKernelCount = static_cast<int>(std::size(kKernels));

}  // namespace lamina::SIMT_BACKEND
