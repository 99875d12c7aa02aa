// SPDX-License-Identifier: Apache-2.0
// lstm_backward in f32, one launch per step from the last to the first: the gradient of h is dz R^T of the step after
// it, then each unit passes its gates back. One more launch gives the gradient of an initial state. Mapping   block (x,
// y) owns 16 units (x) of 16 rows (y); thread (row, unit) sums over the 4U columns of dz, then does the
//           arithmetic of its unit: nothing but dz of the step after is read from other threads.
// Layouts   as in lstm.h; three carried gradients [B, U] in the workspace.
// Shared    16 x 32 of dz and 16 x 32 of R, in f32 = 4 KiB + padding.     Barriers  two per 32 of K: loaded, used up.
// Needs     nothing: edges are guarded.     Bound  launches and the latency of R from L2: B U is small.
#include "kernels/lstm/lstm_backward.cuh"

#include "kernels/lstm/gates.h"
#include "kernels/lstm/lstm_arguments.h"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kTile = 16;  // rows, and units, per block
constexpr int kStep = 32;  // along K = 4U
constexpr int kThreads = kTile * kTile;
constexpr int kElementThreads = 256;

struct BackwardArgs {
  LstmBackward<float> a;
  float *dh, *dc;  // [B, U]: what arrives at the state of a step but for dz R^T: given, or passed through masked steps
  float* doutput;  // [B, U]: what arrives at the output of a step through masked steps after it
};

// What arrives at the last step, one thread per element.
__global__ void lstm_backward_start_kernel(const __grid_constant__ BackwardArgs args) {
  const LstmBackward<float>& a = args.a;
  const int64_t at = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= a.shape.batch * a.shape.units) return;
  args.dh[at] = a.dh ? a.dh[at] : 0.0f;
  args.dc[at] = a.dc ? a.dc[at] : 0.0f;
  args.doutput[at] = a.dlast ? a.dlast[at] : 0.0f;
}

// One unit of one row; `dh` is all that arrives at its state h from later steps.
__device__ inline void finish_unit(const BackwardArgs& args, int64_t step, int64_t row, int64_t unit, float dh) {
  const LstmBackward<float>& a = args.a;
  const LstmShape& s = a.shape;
  const int64_t at = row * s.units + unit, in_step = (row * s.steps + s.time_of(step)) * s.units;
  float* const dz = a.dz + 4 * in_step + unit;
  const float doutput = args.doutput[at] + (a.dsequence ? a.dsequence[(row * s.steps + step) * s.units + unit] : 0.0f);
  if (a.mask && !a.mask[row * s.steps + s.time_of(step)]) {
    for (int gate = 0; gate < 4; ++gate) dz[gate * s.units] = 0.0f;
    args.dh[at] = dh;
    args.doutput[at] = a.rule.zero_output_for_mask ? 0.0f : doutput;
    return;
  }
  const float* const from = a.gates + 4 * in_step + unit;
  const Gates<float> gates{from[0], from[s.units], from[2 * s.units], from[3 * s.units]};
  const float cell_before = a.cell_before[in_step + unit];
  const float active = gate_value(a.rule.activation, next_cell(gates, cell_before));
  const UnitGradient<float> d =
      unit_gradient(gates, cell_before, active, gate_slope(a.rule.activation, active), dh + doutput, args.dc[at]);
  dz[0] = d.gates.i * gate_slope(a.rule.recurrent_activation, gates.i);
  dz[s.units] = d.gates.f * gate_slope(a.rule.recurrent_activation, gates.f);
  dz[2 * s.units] = d.gates.g * gate_slope(a.rule.activation, gates.g);
  dz[3 * s.units] = d.gates.o * gate_slope(a.rule.recurrent_activation, gates.o);
  args.dc[at] = d.cell_before;
  args.dh[at] = 0.0f;
  args.doutput[at] = 0.0f;
}

// `step` -1 stands for the initial state.
__global__ void __launch_bounds__(kThreads)
    lstm_backward_step_kernel(const __grid_constant__ BackwardArgs args, int64_t step) {
  __shared__ float dz_tile[kTile][kStep + 1];         // [row][k]
  __shared__ float recurrent_tile[kTile][kStep + 1];  // [unit][k]; the padding spreads the units over the banks
  const LstmBackward<float>& a = args.a;
  const LstmShape& s = a.shape;
  const int64_t first_row = static_cast<int64_t>(blockIdx.y) * kTile,
                first_unit = static_cast<int64_t>(blockIdx.x) * kTile;
  const int thread = static_cast<int>(threadIdx.x), row = thread / kTile, unit = thread % kTile;

  float sum = 0.0f;
  const bool is_last = step == s.steps - 1;  // nothing comes from a step after it
  const int64_t inner = is_last ? 0 : 4 * s.units, time_after = is_last ? 0 : s.time_of(step + 1);
  for (int64_t first_k = 0; first_k < inner; first_k += kStep) {
    for (int i = thread; i < kTile * kStep; i += kThreads) {
      const int outer = i / kStep, tile_k = i % kStep;
      const int64_t r = first_row + outer, u = first_unit + outer, k = first_k + tile_k;
      dz_tile[outer][tile_k] = r < s.batch && k < inner ? a.dz[(r * s.steps + time_after) * inner + k] : 0.0f;
      recurrent_tile[outer][tile_k] = u < s.units && k < inner ? a.recurrent[u * inner + k] : 0.0f;
    }
    __syncthreads();
#pragma unroll 8
    for (int k = 0; k < kStep; ++k) sum += dz_tile[row][k] * recurrent_tile[unit][k];
    __syncthreads();
  }
  if (first_row + row >= s.batch || first_unit + unit >= s.units) return;
  const int64_t at = (first_row + row) * s.units + first_unit + unit;
  const float dh = args.dh[at] + sum * (a.recurrent_dropout ? a.recurrent_dropout[at] : 1.0f);
  if (step >= 0) {
    finish_unit(args, step, first_row + row, first_unit + unit, dh);
  } else {
    a.dh0[at] = dh;
    a.dc0[at] = args.dc[at];
  }
}

Verdict accepts_cell(const KernelQuery& query) {
  if (query.in(0) != DType::f32) return Verdict::no(text("needs f32, got ", query.in(0)));
  return Verdict::yes();
}

Prepared prepare_cell(const KernelQuery& query) {
  const Extents cells = query.in_extents(2);
  return {.workspace_bytes = static_cast<size_t>(3 * cells[0] * cells[2]) * sizeof(float)};
}

void launch_cell(KernelContext& context) {
  const LstmBackward<float> a = lstm_backward_of<float>(context);
  const LstmShape& s = a.shape;
  const int64_t state = s.batch * s.units;
  auto* const workspace = static_cast<float*>(context.workspace);
  const BackwardArgs args{a, workspace, workspace + state, workspace + 2 * state};
  const auto blocks = [](int64_t count, int size) { return static_cast<unsigned>((count + size - 1) / size); };
  launch<lstm_backward_start_kernel>(context.stream, dim3(blocks(state, kElementThreads)), dim3(kElementThreads), 0,
                                     args);
  for (int64_t step = s.steps - 1; step >= (a.dh0 ? -1 : 0); --step) {
    launch<lstm_backward_step_kernel>(context.stream, dim3(blocks(s.units, kTile), blocks(s.batch, kTile)),
                                      dim3(kThreads), 0, args, step);
  }
}

}  // namespace

KernelImpl lstm_backward_cell() { return {"lstm_backward", kDevice, "cell", accepts_cell, prepare_cell, launch_cell}; }

}  // namespace lamina::SIMT_BACKEND
