// SPDX-License-Identifier: Apache-2.0
// softmax and log_softmax along one axis (rows of `length` elements, `stride` apart), in f32.
// Mapping   warp_rows: a warp per row of at most 1024 neighbouring elements, kept in registers, 4 rows a block;
//           thread_rows: a thread per row where rows lie side by side (stride > 1) and are short or many, so that the
//           lanes of a warp read neighbours; block_rows: a block of 256 threads per row, any length and stride.
// Memory    warp_rows reads each element once, the others twice (the second time mostly from a cache). thread_rows and
//           block_rows find maximum and sum in one pass (Milakov and Gimelshein, "Online normalizer calculation for
//           softmax", 2018).
// Shared    block_rows: 8 partial results, 64 bytes.     Barriers  block_rows: one, before they are read.
// Needs     nothing.     Bound  memory.
#include <memory>

#include "kernels/device/typed_memory.cuh"
#include "kernels/softmax/softmax_rows.h"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kWarpsPerBlock = 4;        // warp_rows
constexpr int kMostPerLane = 32;         // warp_rows: elements of a row in the registers of a lane
constexpr int kThreadsPerBlock = 128;    // thread_rows
constexpr int kThreadsPerRow = 256;      // block_rows
constexpr int64_t kShortRow = 128;       // thread_rows: where few rows are worth it, and
constexpr int64_t kManyRows = 16384;     // where there are enough of them to fill a GPU

struct SoftmaxArgs {
  SoftmaxRows rows;
  Operand x;
  Result y;
};

// Running maximum of some elements, and the sum of exp(x - largest) over them.
struct Normalizer {
  float largest;
  float sum;
};

__device__ inline Normalizer combine(Normalizer a, Normalizer b) {
  // Equal maxima need no factor, infinite ones least of all: exp(-inf + inf) would be NaN where nothing is wrong yet.
  const float largest = fmaxf(a.largest, b.largest);
  const float a_sum = a.largest == largest ? a.sum : a.sum * expf(a.largest - largest);
  const float b_sum = b.largest == largest ? b.sum : b.sum * expf(b.largest - largest);
  return {largest, a_sum + b_sum};
}

__device__ inline Normalizer normalizer_of_warp(Normalizer mine) {
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    Normalizer other;
    other.largest = __shfl_xor_sync(0xffffffffu, mine.largest, lanes);
    other.sum = __shfl_xor_sync(0xffffffffu, mine.sum, lanes);
    mine = combine(mine, other);
  }
  return mine;
}

// What is subtracted from x for the result (kLog) or for its exponent; NaN for a row that has no answer.
template <bool kLog>
__device__ inline float normalized(float x, Normalizer row) {
  const float above = x - row.largest;
  if (row.largest - row.largest != 0.0f) return row.largest - row.largest;
  return kLog ? above - logf(row.sum) : expf(above) / row.sum;
}

// Lane l holds elements l, l + 32, ... of its warp's row.
template <bool kLog, int kPerLane>
__global__ void softmax_warp_rows_kernel(const __grid_constant__ SoftmaxArgs args) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * kWarpsPerBlock + threadIdx.x / 32;
  if (row >= args.rows.rows) return;
  const int length = static_cast<int>(args.rows.length), lane = static_cast<int>(threadIdx.x % 32);
  const int64_t start = row * length;
  float values[kPerLane];
  Normalizer all{-INFINITY, 0.0f};
#pragma unroll
  for (int i = 0; i < kPerLane; ++i) {
    const int at = lane + i * 32;
    values[i] = at < length ? load_as<float>(args.x, start + at) : -INFINITY;
    all.largest = fmaxf(all.largest, values[i]);
  }
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    all.largest = fmaxf(all.largest, __shfl_xor_sync(0xffffffffu, all.largest, lanes));
  }
#pragma unroll
  for (int i = 0; i < kPerLane; ++i) {
    if (lane + i * 32 < length) all.sum += expf(values[i] - all.largest);
  }
  for (int lanes = 16; lanes > 0; lanes /= 2) all.sum += __shfl_xor_sync(0xffffffffu, all.sum, lanes);
#pragma unroll
  for (int i = 0; i < kPerLane; ++i) {
    const int at = lane + i * 32;
    if (at < length) store_as(args.y, start + at, normalized<kLog>(values[i], all));
  }
}

template <bool kLog>
__global__ void softmax_thread_rows_kernel(const __grid_constant__ SoftmaxArgs args) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (row >= args.rows.rows) return;
  const int64_t start = args.rows.offset(row);
  Normalizer all{-INFINITY, 0.0f};
  for (int64_t i = 0; i < args.rows.length; ++i) {
    all = combine(all, {load_as<float>(args.x, start + i * args.rows.stride), 1.0f});
  }
  for (int64_t i = 0; i < args.rows.length; ++i) {
    const int64_t at = start + i * args.rows.stride;
    store_as(args.y, at, normalized<kLog>(load_as<float>(args.x, at), all));
  }
}

template <bool kLog>
__global__ void softmax_block_rows_kernel(const __grid_constant__ SoftmaxArgs args) {
  __shared__ float warp_largest[kThreadsPerRow / 32];
  __shared__ float warp_sums[kThreadsPerRow / 32];
  const int64_t start = args.rows.offset(blockIdx.x);
  Normalizer all{-INFINITY, 0.0f};
  for (int64_t i = threadIdx.x; i < args.rows.length; i += kThreadsPerRow) {
    all = combine(all, {load_as<float>(args.x, start + i * args.rows.stride), 1.0f});
  }
  all = normalizer_of_warp(all);
  if (threadIdx.x % 32 == 0) {
    warp_largest[threadIdx.x / 32] = all.largest;
    warp_sums[threadIdx.x / 32] = all.sum;
  }
  __syncthreads();
  // Every thread adds up all warps, in one order, rather than wait for one to do so.
  all = {-INFINITY, 0.0f};
  for (int warp = 0; warp < kThreadsPerRow / 32; ++warp) all = combine(all, {warp_largest[warp], warp_sums[warp]});
  for (int64_t i = threadIdx.x; i < args.rows.length; i += kThreadsPerRow) {
    const int64_t at = start + i * args.rows.stride;
    store_as(args.y, at, normalized<kLog>(load_as<float>(args.x, at), all));
  }
}

Verdict accepts_block_rows(const KernelQuery& query) {
  if (query.in(0) == DType::f64) return Verdict::no("f64 is for the reference on cpu");
  return Verdict::yes();
}

Verdict accepts_warp_rows(const KernelQuery& query) {
  const SoftmaxRows rows = rows_of(query.attributes, query.in_extents(0));
  if (rows.stride != 1) return Verdict::no("the axis is not the innermost");
  if (rows.length > 32 * kMostPerLane) return Verdict::no(text("rows of ", rows.length, ", at most ", 32 * kMostPerLane, " fit a warp"));
  return accepts_block_rows(query);
}

Verdict accepts_thread_rows(const KernelQuery& query) {
  const SoftmaxRows rows = rows_of(query.attributes, query.in_extents(0));
  if (rows.stride == 1) return Verdict::no("the axis is the innermost: a thread per row would read far apart");
  if (rows.length > kShortRow && rows.rows < kManyRows) return Verdict::no("few and long rows");
  return accepts_block_rows(query);
}

Prepared prepare_rows(const KernelQuery& query) { 
  return {.state = std::make_shared<SoftmaxRows>(rows_of(query.attributes, query.in_extents(0)))};
}

SoftmaxArgs args_of(const KernelContext& context) {
  return {context.state_as<SoftmaxRows>(),
          {context.inputs[0].data, context.inputs[0].dtype},
          {context.outputs[0].data, context.outputs[0].dtype}};
}

unsigned blocks_for(int64_t rows, int per_block) { return static_cast<unsigned>((rows + per_block - 1) / per_block); }

template <bool kLog>
void launch_warp_rows(KernelContext& context) {
  const SoftmaxArgs args = args_of(context);
  const dim3 grid(blocks_for(args.rows.rows, kWarpsPerBlock)), block(32 * kWarpsPerBlock);
  if (args.rows.length <= 32) {
    launch<softmax_warp_rows_kernel<kLog, 1>>(context.stream, grid, block, 0, args);
  } else if (args.rows.length <= 32 * 8) {
    launch<softmax_warp_rows_kernel<kLog, 8>>(context.stream, grid, block, 0, args);
  } else {
    launch<softmax_warp_rows_kernel<kLog, kMostPerLane>>(context.stream, grid, block, 0, args);
  }
}

template <bool kLog>
void launch_thread_rows(KernelContext& context) {
  const SoftmaxArgs args = args_of(context);
  launch<softmax_thread_rows_kernel<kLog>>(context.stream, dim3(blocks_for(args.rows.rows, kThreadsPerBlock)),
                                           dim3(kThreadsPerBlock), 0, args);
}

template <bool kLog>
void launch_block_rows(KernelContext& context) {
  const SoftmaxArgs args = args_of(context);
  launch<softmax_block_rows_kernel<kLog>>(context.stream, dim3(static_cast<unsigned>(args.rows.rows)), dim3(kThreadsPerRow), 0,
                                          args);
}

}  // namespace

std::span<const KernelImpl> softmax_impls() {
  static const KernelImpl impls[] = {
      {"softmax", kDevice, "warp_rows", accepts_warp_rows, prepare_rows, launch_warp_rows<false>},
      {"softmax", kDevice, "thread_rows", accepts_thread_rows, prepare_rows, launch_thread_rows<false>},
      {"softmax", kDevice, "block_rows", accepts_block_rows, prepare_rows, launch_block_rows<false>},
      {"log_softmax", kDevice, "warp_rows", accepts_warp_rows, prepare_rows, launch_warp_rows<true>},
      {"log_softmax", kDevice, "thread_rows", accepts_thread_rows, prepare_rows, launch_thread_rows<true>},
      {"log_softmax", kDevice, "block_rows", accepts_block_rows, prepare_rows, launch_block_rows<true>},
  };
  return impls;
}

}  // namespace lamina::SIMT_BACKEND
