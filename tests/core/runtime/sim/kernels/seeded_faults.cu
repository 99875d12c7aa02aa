// SPDX-License-Identifier: Apache-2.0
// Kernels with one mistake each, for the checker to find. Longer than a kernel file should be because it is a list.
#include <cstring>
#include <iterator>

#include "core/simt/simt.h"
#include "kernels/device/async.cuh"
#include "tests/core/runtime/sim/kernels/seeded_faults.h"

namespace lamina::SIMT_BACKEND {
namespace {

// --- global memory ---

__global__ void read_past_end(FaultBuffers b) {
  const int i = static_cast<int>(threadIdx.x);
  b.y[i] = b.x[i + kFaultFloats - 31];  // fault: read_past_end
}

__global__ void write_before_begin(FaultBuffers b) {
  b.y[static_cast<int>(threadIdx.x) - 1] = 1.0f;  // fault: write_before_begin
}

__global__ void copy_past_end(FaultBuffers b) {
  float values[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  std::memcpy(b.y + kFaultFloats - 4, values, sizeof(values));  // fault: copy_past_end
}

__global__ void read_freed(FaultBuffers b) {
  b.y[threadIdx.x] = b.freed[threadIdx.x];  // fault: read_freed
}

__global__ void read_fresh(FaultBuffers b) {
  b.y[threadIdx.x] = b.fresh[threadIdx.x] + 1.0f;  // fault: read_fresh
}

__global__ void read_host(FaultBuffers b) {
  b.y[threadIdx.x] = b.host[threadIdx.x];  // fault: read_host
}

__constant__ float kTable[4] = {1, 2, 3, 4};

__global__ void write_constant(FaultBuffers b) {
  b.y[threadIdx.x] = kTable[threadIdx.x % 4];
  const_cast<float*>(kTable)[threadIdx.x % 4] = 0.0f;  // fault: write_constant
}

__global__ void misaligned_store(FaultBuffers b) {
  *reinterpret_cast<float4*>(b.y + 4 * threadIdx.x + 2) = make_float4(1, 2, 3, 4);  // fault: misaligned_store
}

// --- races ---

__global__ void race_between_blocks(FaultBuffers b) {
  b.y[threadIdx.x] = static_cast<float>(blockIdx.x);  // both: race_between_blocks
}

__global__ void race_same_value(FaultBuffers b) {
  b.y[0] = 1.0f;  // both: race_same_value
}

__global__ void race_in_block(FaultBuffers b) {
  const int i = static_cast<int>(threadIdx.x);
  b.y[i] = 1.0f;              // both: race_in_block
  b.y[i + 64] = b.y[63 - i];  // both: race_in_block
}

__global__ void race_in_shared(FaultBuffers b) {
  __shared__ float values[64];
  const int i = static_cast<int>(threadIdx.x);
  values[i] = b.x[i];
  __syncthreads();
  const float left = values[i];  // both: race_in_shared
  values[63 - i] = left;         // both: race_in_shared
  __syncthreads();
  b.y[i] = values[i];
}

__global__ void race_in_warp(FaultBuffers b) {
  __shared__ float values[32];
  const int i = static_cast<int>(threadIdx.x);
  values[i] = 0.0f;
  __syncwarp();
  values[i] = b.x[i];      // both: race_in_warp
  b.y[i] = values[i ^ 1];  // both: race_in_warp
}

__global__ void race_with_half_warp(FaultBuffers b) {
  __shared__ float values[32];
  const int i = static_cast<int>(threadIdx.x);
  values[i] = 0.0f;
  __syncwarp();
  values[i] = b.x[i];  // both: race_with_half_warp
  __syncwarp(i < 16 ? 0xffffu : 0xffff0000u);
  b.y[i] = values[i ^ 1] + values[i ^ 16];  // both: race_with_half_warp
}

__global__ void race_of_bytes(FaultBuffers b) {
  auto* bytes = reinterpret_cast<unsigned char*>(b.y);
  bytes[threadIdx.x] = 1;              // both: race_of_bytes
  if (threadIdx.x == 0) bytes[1] = 2;  // both: race_of_bytes
}

__global__ void race_with_atomic(FaultBuffers b) {
  if (threadIdx.x == 0) {
    b.flags[0] = 3;  // both: race_with_atomic
  } else {
    atomicAdd(&b.flags[0], 1u);  // both: race_with_atomic
  }
}

// --- shared memory ---

__global__ void read_fresh_shared(FaultBuffers b) {
  __shared__ float values[64];
  const int i = static_cast<int>(threadIdx.x);
  if (i < 32) values[i] = b.x[i];
  __syncthreads();
  b.y[i] = values[i];  // fault: read_fresh_shared
}

__global__ void dynamic_shared_overrun(FaultBuffers b) {
  SIMT_DYNAMIC_SHARED(float, values);
  values[threadIdx.x + 1] = b.x[threadIdx.x];  // fault: dynamic_shared_overrun
}

__global__ void pointer_to_local(FaultBuffers b) {
  __shared__ float* local;
  float mine[4] = {b.x[0], b.x[1], b.x[2], b.x[3]};
  if (threadIdx.x == 0) local = mine;
  __syncthreads();
  b.y[threadIdx.x] = local[b.flags[0] + threadIdx.x % 4];  // fault: pointer_to_local
}

__global__ void too_many_locals(FaultBuffers b) {
  volatile float values[28 * 1024];
  for (int i = 0; i < 28 * 1024; ++i) values[i] = b.x[i % kFaultFloats];
  b.y[threadIdx.x] = values[b.flags[0]];
}

// --- barriers and collectives ---

__global__ void missing_barrier(FaultBuffers b) {
  if (threadIdx.x == 5) return;
  b.y[threadIdx.x] = 1.0f;
  __syncthreads();  // fault: missing_barrier
}

__global__ void divergent_barrier(FaultBuffers b) {
  if (threadIdx.x % 2 == 0) {
    b.y[threadIdx.x] = 1.0f;
    __syncthreads();  // both: divergent_barrier
  } else {
    b.y[threadIdx.x] = 2.0f;
    __syncthreads();  // both: divergent_barrier
  }
}

__global__ void divergent_shuffle(FaultBuffers b) {
  if (threadIdx.x < 16) {
    b.y[threadIdx.x] = __shfl_xor_sync(0xffffffffu, b.x[threadIdx.x], 1);  // both: divergent_shuffle
  } else {
    b.y[threadIdx.x] = __shfl_xor_sync(0xffffffffu, b.x[threadIdx.x], 2);  // both: divergent_shuffle
  }
}

__global__ void lane_waits_elsewhere(FaultBuffers b) {
  if (threadIdx.x < 16) __syncwarp();  // fault: lane_waits_elsewhere
  __syncthreads();                     // other: lane_waits_elsewhere
  b.y[threadIdx.x] = 1.0f;
}

__global__ void shuffle_from_absent(FaultBuffers b) {
  if (threadIdx.x < 16) {
    b.y[threadIdx.x] = __shfl_down_sync(0xffffu, b.x[threadIdx.x], 1);  // fault: shuffle_from_absent
  }
}

__global__ void outside_of_own_mask(FaultBuffers b) {
  b.y[threadIdx.x] = __shfl_sync(0xfffffffeu, b.x[threadIdx.x], 1);  // fault: outside_of_own_mask
}

// --- asynchronous copies ---

__global__ void async_without_wait(FaultBuffers b) {
  __shared__ __align__(16) float values[128];
  cp_async<16>(values + 4 * threadIdx.x, b.x + 4 * threadIdx.x);  // other: async_without_wait
  cp_async_commit();
  b.y[threadIdx.x] = values[4 * threadIdx.x];  // fault: async_without_wait
  cp_async_wait<0>();
}

__global__ void async_wait_for_too_few(FaultBuffers b) {
  __shared__ __align__(16) float values[2][128];
  cp_async<16>(&values[0][4 * threadIdx.x], b.x + 4 * threadIdx.x);
  cp_async_commit();
  cp_async<16>(&values[1][4 * threadIdx.x], b.x + 4 * threadIdx.x);  // other: async_wait_for_too_few
  cp_async_commit();
  cp_async_wait<1>();
  b.y[threadIdx.x] = values[0][4 * threadIdx.x] + values[1][4 * threadIdx.x];  // fault: async_wait_for_too_few
}

__global__ void async_without_barrier(FaultBuffers b) {
  __shared__ __align__(16) float values[256];
  *reinterpret_cast<float4*>(values + 4 * threadIdx.x) = make_float4(0, 0, 0, 0);
  __syncthreads();
  cp_async<16>(values + 4 * threadIdx.x, b.x + 4 * threadIdx.x);  // both: async_without_barrier
  cp_async_commit();
  cp_async_wait<0>();
  if (threadIdx.x >= 32) b.y[threadIdx.x] = values[4 * (threadIdx.x - 32)];  // both: async_without_barrier
}

// --- grids ---

__global__ void grid_race(FaultBuffers b) {
  b.y[blockIdx.x] = 1.0f;                     // both: grid_race
  b.y[blockIdx.x + 8] = b.y[blockIdx.x ^ 1];  // both: grid_race
}

__global__ void block_skips_grid_sync(FaultBuffers b) {
  b.y[blockIdx.x * 32 + threadIdx.x] = 1.0f;
  if (blockIdx.x != 1) grid_sync();  // fault: block_skips_grid_sync
}

__global__ void flag_never_set(FaultBuffers b) {
  if (blockIdx.x == 0) wait_until(b.flags, [](unsigned value) { return value == 7; });  // fault: flag_never_set
}

__global__ void flag_without_fence(FaultBuffers b) {
  if (blockIdx.x == 0) {
    b.y[0] = 1.0f;  // both: flag_without_fence
    atomicExch(b.flags, 1u);
  } else {
    wait_until(b.flags, [](unsigned value) { return value == 1; });
    b.y[1] = b.y[0];  // both: flag_without_fence
  }
}

__global__ void grid_sync_in_plain_launch(FaultBuffers b) {
  b.y[threadIdx.x] = 1.0f;
  grid_sync();  // fault: grid_sync_in_plain_launch
}

__global__ void failed_assertion(FaultBuffers b) {
  SIMT_ASSERT(b.x[0] > 1e9f);  // fault: failed_assertion
  b.y[threadIdx.x] = 1.0f;
}

template <auto K, int kThreads, int kBlocks = 1, int kSharedBytes = 0>
void run(const FaultBuffers& buffers) {
  launch<K>(nullptr, dim3(kBlocks), dim3(kThreads), kSharedBytes, buffers);
}

template <auto K, int kThreads, int kBlocks>
void run_cooperative(const FaultBuffers& buffers) {
  launch_cooperative<K>(nullptr, dim3(kBlocks), dim3(kThreads), 0, buffers);
}

constexpr SeededFault kFaults[] = {
    {"read_past_end", run<read_past_end, 64>},
    {"write_before_begin", run<write_before_begin, 64>},
    {"copy_past_end", run<copy_past_end, 1>},
    {"read_freed", run<read_freed, 64>},
    {"read_fresh", run<read_fresh, 64>},
    {"read_host", run<read_host, 64>},
    {"write_constant", run<write_constant, 1>},
    {"misaligned_store", run<misaligned_store, 8>},
    {"race_between_blocks", run<race_between_blocks, 64, 3>},
    {"race_same_value", run<race_same_value, 2>},
    {"race_in_block", run<race_in_block, 64>},
    {"race_in_shared", run<race_in_shared, 64>},
    {"race_in_warp", run<race_in_warp, 32>},
    {"race_with_half_warp", run<race_with_half_warp, 32>},
    {"race_of_bytes", run<race_of_bytes, 64>},
    {"race_with_atomic", run<race_with_atomic, 64>},
    {"read_fresh_shared", run<read_fresh_shared, 64>},
    {"dynamic_shared_overrun", run<dynamic_shared_overrun, 64, 1, 64 * 4>},
    {"pointer_to_local", run<pointer_to_local, 64>},
    {"too_many_locals", run<too_many_locals, 1>},
    {"missing_barrier", run<missing_barrier, 64>},
    {"divergent_barrier", run<divergent_barrier, 64>},
    {"divergent_shuffle", run<divergent_shuffle, 32>},
    {"lane_waits_elsewhere", run<lane_waits_elsewhere, 32>},
    {"shuffle_from_absent", run<shuffle_from_absent, 32>},
    {"outside_of_own_mask", run<outside_of_own_mask, 32>},
    {"async_without_wait", run<async_without_wait, 32>},
    {"async_wait_for_too_few", run<async_wait_for_too_few, 32>},
    {"async_without_barrier", run<async_without_barrier, 64>},
    {"grid_race", run_cooperative<grid_race, 1, 8>},
    {"block_skips_grid_sync", run_cooperative<block_skips_grid_sync, 32, 4>},
    {"flag_never_set", run_cooperative<flag_never_set, 1, 2>},
    {"flag_without_fence", run_cooperative<flag_without_fence, 1, 2>},
    {"grid_sync_in_plain_launch", run<grid_sync_in_plain_launch, 32>},
    {"failed_assertion", run<failed_assertion, 64>},
};

}  // namespace

const SeededFault* const kSeededFaults = kFaults;
const int kSeededFaultCount = static_cast<int>(std::size(kFaults));

}  // namespace lamina::SIMT_BACKEND
