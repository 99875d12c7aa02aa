// SPDX-License-Identifier: Apache-2.0
// lstm forward in f32, one launch per step: the tiled matmul makes x W for all steps, then each step adds (h r) R and
// passes the gates. The per-step state lives in global memory; a step reads what the launch before it wrote.
// Mapping   block (x, y) owns 16 units (x) of 16 rows (y); thread (row, unit) sums all four gates of its unit, then
// does
//           the arithmetic of the unit: nothing but h r of the step before is read from other threads.
// Layouts   as in lstm.h; h r in two buffers [B, U], read and written in turn.
// Shared    16 x 32 of h r and 32 x 4 x 16 of R, in f32 = 10 KiB.     Barriers  two per 32 of K: loaded, used up.
// Needs     nothing: edges are guarded.     Bound  launches and the latency of R from L2: B U is small.
#include "kernels/lstm/gates.h"
#include "kernels/lstm/lstm_arguments.h"
#include "kernels/lstm/lstm_backward.cuh"
#include "kernels/matmul/matmul_tiled.cuh"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kTile = 16;  // rows, and units, per block
constexpr int kStep = 32;  // along K
constexpr int kThreads = kTile * kTile;
constexpr int kElementThreads = 256;

struct ForwardArgs {
  LstmForward<float> a;
  float* gates;             // [B, T, 4U]: x W in, activated gates out
  const float* fed_before;  // [B, U]: h r of the step before
  float* fed_after;         // [B, U]: h r of this step
};

// The initial state, one thread per element.
__global__ void lstm_start_kernel(const __grid_constant__ ForwardArgs args) {
  const LstmForward<float>& a = args.a;
  const int64_t at = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= a.shape.batch * a.shape.units) return;
  const float h = a.h0 ? a.h0[at] : 0.0f;
  a.h[at] = h;
  a.c[at] = a.c0 ? a.c0[at] : 0.0f;
  args.fed_after[at] = a.recurrent_dropout ? h * a.recurrent_dropout[at] : h;
  if (a.last) a.last[at] = 0.0f;
}

// The gates of one unit of one row, and what follows from them. `sums` are (h r) R.
__device__ inline void finish_unit(const ForwardArgs& args, int64_t step, int64_t row, int64_t unit,
                                   const float (&sums)[4]) {
  const LstmForward<float>& a = args.a;
  const LstmShape& s = a.shape;
  const int64_t at = row * s.units + unit, in_step = (row * s.steps + s.time_of(step)) * s.units;
  float* const output = a.sequence + (row * s.steps + step) * s.units + unit;
  const bool masked = a.mask && !a.mask[row * s.steps + s.time_of(step)];
  float z[4];
  for (int gate = 0; gate < 4; ++gate) {
    const int64_t column = gate * s.units + unit;
    const float pre_activation = args.gates[4 * in_step + column] + sums[gate] + (a.bias ? a.bias[column] : 0.0f);
    z[gate] = masked ? 0.0f : gate_value(gate == 2 ? a.rule.activation : a.rule.recurrent_activation, pre_activation);
  }
  const float cell = a.c[at];
  if (a.gates) {
    for (int gate = 0; gate < 4; ++gate) a.gates[4 * in_step + gate * s.units + unit] = z[gate];
    a.cell_before[in_step + unit] = cell;
    a.hidden_before[in_step + unit] = args.fed_before[at];
  }
  float y = 0.0f;
  if (masked) {
    if (!a.rule.zero_output_for_mask && step > 0) y = output[-s.units];
    args.fed_after[at] = args.fed_before[at];
  } else {
    const float next = next_cell<float>({z[0], z[1], z[2], z[3]}, cell);
    y = z[3] * gate_value(a.rule.activation, next);
    a.c[at] = next;
    a.h[at] = y;
    args.fed_after[at] = a.recurrent_dropout ? y * a.recurrent_dropout[at] : y;
  }
  *output = y;
  if (a.last && step == s.steps - 1) a.last[at] = y;
}

__global__ void __launch_bounds__(kThreads) lstm_step_kernel(const __grid_constant__ ForwardArgs args, int64_t step) {
  __shared__ float fed_tile[kTile][kStep + 1];       // [row][k]
  __shared__ float recurrent_tile[kStep][4][kTile];  // [k][gate][unit]
  const LstmForward<float>& a = args.a;
  const LstmShape& s = a.shape;
  const int64_t first_row = static_cast<int64_t>(blockIdx.y) * kTile,
                first_unit = static_cast<int64_t>(blockIdx.x) * kTile;
  const int thread = static_cast<int>(threadIdx.x), row = thread / kTile, unit = thread % kTile;

  float sums[4] = {};
  const int64_t inner = step == 0 && !a.h0 ? 0 : s.units;  // h starts as zeros
  for (int64_t first_k = 0; first_k < inner; first_k += kStep) {
    for (int i = thread; i < kTile * kStep; i += kThreads) {
      const int64_t r = first_row + i / kStep, k = first_k + i % kStep;
      fed_tile[i / kStep][i % kStep] = r < s.batch && k < inner ? args.fed_before[r * s.units + k] : 0.0f;
    }
    for (int i = thread; i < kStep * 4 * kTile; i += kThreads) {
      const int tile_unit = i % kTile, gate = i / kTile % 4, tile_k = i / (4 * kTile);
      const int64_t k = first_k + tile_k, u = first_unit + tile_unit;
      recurrent_tile[tile_k][gate][tile_unit] =
          k < inner && u < s.units ? a.recurrent[k * 4 * s.units + gate * s.units + u] : 0.0f;
    }
    __syncthreads();
#pragma unroll 8
    for (int k = 0; k < kStep; ++k) {
      const float fed = fed_tile[row][k];
#pragma unroll
      for (int gate = 0; gate < 4; ++gate) sums[gate] += fed * recurrent_tile[k][gate][unit];
    }
    __syncthreads();
  }
  if (first_row + row < s.batch && first_unit + unit < s.units) {
    finish_unit(args, step, first_row + row, first_unit + unit, sums);
  }
}

Verdict accepts_cell(const KernelQuery& query) {
  if (query.in(0) != DType::f32) return Verdict::no(text("needs f32, got ", query.in(0)));
  return Verdict::yes();
}

// Workspace: the two buffers of h r, then x W where gates are not kept.
Prepared prepare_cell(const KernelQuery& query) {
  const auto& has = query.attributes.get<LstmAttributes>();
  const LstmShape s = lstm_shape_of(has, query.in_extents(0), query.in_extents(2));
  const int64_t gates = has.keep_for_backward ? 0 : s.batch * s.steps * 4 * s.units;
  return {.workspace_bytes = static_cast<size_t>(2 * s.batch * s.units + gates) * sizeof(float)};
}

void launch_cell(KernelContext& context) {
  const LstmForward<float> a = lstm_forward_of<float>(context);
  const LstmShape& s = a.shape;
  const int64_t state = s.batch * s.units;
  float* const fed[2] = {static_cast<float*>(context.workspace), static_cast<float*>(context.workspace) + state};
  float* const gates = a.gates ? a.gates : fed[1] + state;
  launch_matmul_tiled(context.stream, {geometry_of({}, {s.batch * s.steps, s.features}, {s.features, 4 * s.units}),
                                       {a.x, DType::f32},
                                       {a.kernel, DType::f32},
                                       {gates, DType::f32}});
  const auto blocks = [](int64_t count, int size) { return static_cast<unsigned>((count + size - 1) / size); };
  launch<lstm_start_kernel>(context.stream, dim3(blocks(state, kElementThreads)), dim3(kElementThreads), 0,
                            ForwardArgs{a, gates, nullptr, fed[0]});
  for (int64_t step = 0; step < s.steps; ++step) {
    launch<lstm_step_kernel>(context.stream, dim3(blocks(s.units, kTile), blocks(s.batch, kTile)), dim3(kThreads), 0,
                             ForwardArgs{a, gates, fed[step % 2], fed[(step + 1) % 2]}, step);
  }
}

}  // namespace

std::span<const KernelImpl> lstm_impls() {
  static const KernelImpl impls[] = {{"lstm", kDevice, "cell", accepts_cell, prepare_cell, launch_cell},
                                     lstm_backward_cell()};
  return impls;
}

}  // namespace lamina::SIMT_BACKEND
