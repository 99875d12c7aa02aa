// SPDX-License-Identifier: Apache-2.0
// Every option on the host in f32: one product for the inputs of all steps, then per step one product with the
// recurrent kernel and one vectorised gate pass. Rows of a batch never meet, so a thread takes its rows through the
// whole sequence and no step waits for another thread. With too few rows for that the products themselves use the
// threads.
#include <dnnl.h>

#include <algorithm>
#include <atomic>

#include "core/base/check.h"
#include "core/runtime/cpu/threads.h"
#include "kernels/lstm/gate_rows.h"
#include "kernels/lstm/gates.h"
#include "kernels/lstm/lstm_arguments.h"
#include "kernels/lstm/lstm_cpu.h"

namespace lamina {
namespace {

constexpr int64_t kRowsWorthAThread = 4;

// y[rows, columns] = a[rows, inner] * b, b[inner, columns] or its transposition, plus y where `accumulate`.
struct Product {
  int64_t rows, columns, inner;
  const float* a;
  int64_t lda;
  const float* b;
  bool transpose_b = false;
  float* y;
  int64_t ldy;
  bool accumulate = false;

  dnnl_status_t run() const {
    return dnnl_sgemm('N', transpose_b ? 'T' : 'N', rows, columns, inner, 1.0f, a, lda, b,
                      transpose_b ? inner : columns, accumulate ? 1.0f : 0.0f, y, ldy);
  }
};

void check(dnnl_status_t status) {
  if (status == dnnl_success) return;
  throw Error(ErrorKind::device, text("oneDNN's sgemm failed with status ", static_cast<int>(status)));
}

// Calls run(first, count) for groups of rows, each group on one thread.
template <class Run>
void for_row_groups(int64_t batch, Run run) {
  const int groups = static_cast<int>(std::clamp<int64_t>(batch / kRowsWorthAThread, 1, threads()));
  if (groups == 1) return check(run(0, batch));
  std::atomic<dnnl_status_t> status = dnnl_success;  // an exception may not leave the parallel region
#pragma omp parallel for schedule(static, 1) num_threads(groups)
  for (int group = 0; group < groups; ++group) {
    const int64_t first = batch * group / groups, end = batch * (group + 1) / groups;
    if (const dnnl_status_t own = run(first, end - first); own != dnnl_success) status = own;
  }
  check(status);
}

void copy(const float* from, int64_t count, float* to) { std::copy(from, from + count, to); }

// `from` where there is one, else zeros.
void copy_or_zero(const float* from, int64_t count, float* to) {
  from ? copy(from, count, to) : std::fill(to, to + count, 0.0f);
}

// One row of one step; `gates` holds x W + (h r) R. The state h, c of the row is in the outputs of these names.
void forward_row(const LstmForward<float>& a, int64_t row, int64_t step, float* gates, float* fed) {
  const LstmShape& s = a.shape;
  const int64_t time = s.time_of(step), units = s.units;
  float *const h = a.h + row * units, *const c = a.c + row * units;
  float* const output = a.sequence + (row * s.steps + step) * units;
  if (a.gates) {
    copy(c, units, a.cell_before + (row * s.steps + time) * units);
    copy(fed, units, a.hidden_before + (row * s.steps + time) * units);
  }
  if (a.mask && !a.mask[row * s.steps + time]) {
    std::fill(gates, gates + 4 * units, 0.0f);
    copy_or_zero(a.rule.zero_output_for_mask || step == 0 ? nullptr : output - units, units, output);
    return;
  }
  gate_row_forward(a.rule, units, gates, a.bias, c, h);
  copy(h, units, output);
  if (!a.recurrent_dropout) return;
  for (int64_t u = 0; u < units; ++u) fed[u] = h[u] * a.recurrent_dropout[row * units + u];
}

// Rows [first, first + count) through all steps. `gates` as the output of this name; `fed` [B, U]: h r.
dnnl_status_t forward_rows(const LstmForward<float>& a, int64_t first, int64_t count, float* gates, float* fed) {
  const LstmShape& s = a.shape;
  const int64_t units = s.units, begin = first * units, size = count * units;
  copy_or_zero(a.h0 ? a.h0 + begin : nullptr, size, a.h + begin);
  copy_or_zero(a.c0 ? a.c0 + begin : nullptr, size, a.c + begin);
  for (int64_t i = begin; a.recurrent_dropout && i < begin + size; ++i) fed[i] = a.h[i] * a.recurrent_dropout[i];
  for (int64_t step = 0; step < s.steps; ++step) {
    float* const at = gates + (first * s.steps + s.time_of(step)) * 4 * units;
    const Product product{.rows = count,
                          .columns = 4 * units,
                          .inner = units,
                          .a = fed + begin,
                          .lda = units,
                          .b = a.recurrent,
                          .y = at,
                          .ldy = s.steps * 4 * units,
                          .accumulate = true};
    const bool from_zero = step == 0 && !a.h0;
    if (const dnnl_status_t status = from_zero ? dnnl_success : product.run(); status != dnnl_success) return status;
#pragma omp parallel for if (count * units > 4096)  // alone on the machine: a region within a region is serial
    for (int64_t row = 0; row < count; ++row) {
      forward_row(a, first + row, step, at + row * s.steps * 4 * units, fed + (first + row) * units);
    }
  }
  for (int64_t row = first; a.last && row < first + count; ++row) {
    copy(a.sequence + ((row + 1) * s.steps - 1) * units, units, a.last + row * units);
  }
  return dnnl_success;
}

// Workspace: the pre-activations, where gates are not kept; then fed, where it is not h itself.
size_t gates_bytes(const LstmAttributes& has, const LstmShape& s) {
  return has.keep_for_backward ? 0 : static_cast<size_t>(s.batch * s.steps * 4 * s.units) * sizeof(float);
}

void launch_forward(KernelContext& context) {
  const LstmForward<float> a = lstm_forward_of<float>(context);
  const LstmShape& s = a.shape;
  auto* const workspace = static_cast<char*>(context.workspace);
  float* const gates = a.gates ? a.gates : reinterpret_cast<float*>(workspace);
  float* const fed =
      a.recurrent_dropout
          ? reinterpret_cast<float*>(workspace + gates_bytes(context.attributes.get<LstmAttributes>(), s))
          : a.h;
  check(Product{.rows = s.batch * s.steps,
                .columns = 4 * s.units,
                .inner = s.features,
                .a = a.x,
                .lda = s.features,
                .b = a.kernel,
                .y = gates,
                .ldy = 4 * s.units}
            .run());
  for_row_groups(s.batch, [&](int64_t first, int64_t count) { return forward_rows(a, first, count, gates, fed); });
}

Prepared prepare_forward(const KernelQuery& query) {
  const auto& has = query.attributes.get<LstmAttributes>();
  const LstmShape s = lstm_shape_of(has, query.in_extents(0), query.in_extents(2));
  const size_t fed = has.has_recurrent_dropout ? static_cast<size_t>(s.batch * s.units) * sizeof(float) : 0;
  return {.workspace_bytes = gates_bytes(has, s) + fed};
}

// What backward carries from a step to the one before, [B, U] each: dh and dc at the state; the gradient of the output
// of the step before, through masked steps; and dz R^T of the step after, which is a gradient of h r.
struct BackwardState {
  float *dh, *dc, *doutput, *product;
};
constexpr int kBackwardStates = 4;

void backward_row(const LstmBackward<float>& a, int64_t row, int64_t step, const BackwardState& all) {
  const LstmShape& s = a.shape;
  const int64_t time = s.time_of(step), units = s.units, at = (row * s.steps + time) * units;
  float *const dh = all.dh + row * units, *const dc = all.dc + row * units, *const doutput = all.doutput + row * units;
  if (a.dsequence) {
    const float* const given = a.dsequence + (row * s.steps + step) * units;
    for (int64_t u = 0; u < units; ++u) doutput[u] += given[u];
  }
  if (a.mask && !a.mask[row * s.steps + time]) {
    std::fill(a.dz + 4 * at, a.dz + 4 * (at + units), 0.0f);
    if (a.rule.zero_output_for_mask) std::fill(doutput, doutput + units, 0.0f);
    return;
  }
  for (int64_t u = 0; u < units; ++u) dh[u] += doutput[u];
  gate_row_backward(a.rule, units, a.gates + 4 * at, a.cell_before + at, dh, dc, a.dz + 4 * at);
  std::fill(dh, dh + units, 0.0f);
  std::fill(doutput, doutput + units, 0.0f);
}

void add_product(const LstmBackward<float>& a, int64_t begin, int64_t end, const BackwardState& all) {
  for (int64_t i = begin; i < end; ++i)
    all.dh[i] += all.product[i] * (a.recurrent_dropout ? a.recurrent_dropout[i] : 1.0f);
}

dnnl_status_t backward_rows(const LstmBackward<float>& a, int64_t first, int64_t count, const BackwardState& all) {
  const LstmShape& s = a.shape;
  const int64_t units = s.units, begin = first * units, size = count * units;
  copy_or_zero(a.dh ? a.dh + begin : nullptr, size, all.dh + begin);
  copy_or_zero(a.dc ? a.dc + begin : nullptr, size, all.dc + begin);
  copy_or_zero(a.dlast ? a.dlast + begin : nullptr, size, all.doutput + begin);
  for (int64_t step = s.steps - 1; step >= 0; --step) {
#pragma omp parallel for if (count * units > 4096)
    for (int64_t row = first; row < first + count; ++row) backward_row(a, row, step, all);
    if (step == 0 && !a.dh0) break;
    const Product product{.rows = count,
                          .columns = units,
                          .inner = 4 * units,
                          .a = a.dz + (first * s.steps + s.time_of(step)) * 4 * units,
                          .lda = s.steps * 4 * units,
                          .b = a.recurrent,
                          .transpose_b = true,
                          .y = all.product + begin,
                          .ldy = units};
    if (const dnnl_status_t status = product.run(); status != dnnl_success) return status;
    add_product(a, begin, begin + size, all);
  }
  if (a.dh0) copy(all.dh + begin, size, a.dh0 + begin);
  if (a.dc0) copy(all.dc + begin, size, a.dc0 + begin);
  return dnnl_success;
}

void launch_backward(KernelContext& context) {
  const LstmBackward<float> a = lstm_backward_of<float>(context);
  auto* const workspace = static_cast<float*>(context.workspace);
  const int64_t size = a.shape.batch * a.shape.units;
  const BackwardState all{workspace, workspace + size, workspace + 2 * size, workspace + 3 * size};
  for_row_groups(a.shape.batch, [&](int64_t first, int64_t count) { return backward_rows(a, first, count, all); });
}

Prepared prepare_backward(const KernelQuery& query) {
  const Extents cells = query.in_extents(2);
  return {.workspace_bytes = static_cast<size_t>(kBackwardStates * cells[0] * cells[2]) * sizeof(float)};
}

Verdict accepts(const KernelQuery& query) {
  if (query.in(0) != DType::f32) return Verdict::no(text("needs f32, got ", query.in(0)));
  for (const TensorType& input : query.inputs) {
    if (input.shape.extents().count() == 0) return Verdict::no("an empty tensor");
  }
  return Verdict::yes();
}

}  // namespace

KernelImpl cpu::lstm_cell() { return {"lstm", DeviceKind::cpu, "cell", accepts, prepare_forward, launch_forward}; }

KernelImpl cpu::lstm_backward_cell() {
  return {"lstm_backward", DeviceKind::cpu, "cell", accepts, prepare_backward, launch_backward};
}

}  // namespace lamina
