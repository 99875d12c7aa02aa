// SPDX-License-Identifier: Apache-2.0
// Pooling on the host: `vectors` (the largest elements and their gradient) and `rows` (means) deal rows of the result to the
// threads, the reference walks through them alone. Channels are innermost in memory and in the loops. Memory-bound from a few
// channels up.
#include <vector>

#include "core/base/check.h"
#include "kernels/pool2d/max_pool2d_rows.h"
#include "kernels/pool2d/pool2d_geometry.h"

namespace lamina {
namespace {

constexpr int64_t kElementsWorthAThread = 1 << 13;

template <Pool2dPass kPass, class T, class Sum>
void run(KernelContext& context, bool parallel) {
  const auto& g = context.state_as<Pool2dGeometry>();
  Pool2dData<T> data{context.inputs[0].as<T>(), context.outputs[0].as<T>(), nullptr};
  if constexpr (kPass == Pool2dPass::max) data.taps = context.outputs[1].as<int32_t>();
  if constexpr (kPass == Pool2dPass::max_grad) data.taps = context.inputs[1].as<int32_t>();
  const int64_t rows = is_gradient(kPass) ? g.rows.in : g.rows.out, columns = is_gradient(kPass) ? g.columns.in : g.columns.out;
  const bool worth = parallel && g.batch * rows * columns * g.channels > kElementsWorthAThread;
#pragma omp parallel for schedule(static) if (worth)
  for (int64_t line = 0; line < g.batch * rows; ++line) {
    for (int64_t column = 0; column < columns; ++column) {
      for (int64_t channel = 0; channel < g.channels; ++channel) {
        pool2d_element<kPass, Sum>(g, data, line / rows, line % rows, column, channel);
      }
    }
  }
}

template <Pool2dPass kPass>
void launch_rows(KernelContext& context) {
  switch (context.inputs[0].dtype) {
    case DType::bf16: return run<kPass, bf16, float>(context, true);
    case DType::f16: return run<kPass, f16, float>(context, true);
    default: return run<kPass, float, float>(context, true);
  }
}

template <Pool2dPass kPass>
void launch_reference(KernelContext& context) {
  switch (context.inputs[0].dtype) {
    case DType::f64: return run<kPass, double, double>(context, false);
    case DType::bf16: return run<kPass, bf16, float>(context, false);
    case DType::f16: return run<kPass, f16, float>(context, false);
    default: return run<kPass, float, double>(context, false);
  }
}

template <Pool2dPass kPass, class T>
void run_vectors(KernelContext& context) {
  const auto& g = context.state_as<Pool2dGeometry>();
  constexpr bool kForward = kPass == Pool2dPass::max;
  const T* const from = context.inputs[0].as<T>();
  T* const to = context.outputs[0].as<T>();
  int32_t* const taps = kForward ? context.outputs[1].as<int32_t>() : context.inputs[1].as<int32_t>();
  const int64_t x_line = g.columns.in * g.channels, y_line = g.columns.out * g.channels, rows = kForward ? g.rows.out : g.rows.in;
#pragma omp parallel if (g.batch * g.rows.in * x_line > kElementsWorthAThread)
  {
    std::vector<float> room(static_cast<size_t>(kForward ? g.channels : x_line));
#pragma omp for schedule(static)
    for (int64_t line = 0; line < g.batch * rows; ++line) {
      const int64_t picture = line / rows, row = line % rows;
      if constexpr (kForward) {
        max_pool2d_row(g, from + picture * g.rows.in * x_line, row, to + line * y_line, taps + line * y_line, room.data());
      } else {
        max_pool2d_grad_row(g, from + picture * g.rows.out * y_line, taps + picture * g.rows.out * y_line, row, to + line * x_line, room.data());
      }
    }
  }
}

template <Pool2dPass kPass>
void launch_vectors(KernelContext& context) {
  switch (context.inputs[0].dtype) {
    case DType::bf16: return run_vectors<kPass, bf16>(context);
    case DType::f16: return run_vectors<kPass, f16>(context);
    default: return run_vectors<kPass, float>(context);
  }
}

Verdict accepts_rows(const KernelQuery& query) {
  if (query.in(0) == DType::f64) return Verdict::no("f64 is the reference's");
  return Verdict::yes();
}
Verdict accepts_reference(const KernelQuery&) { return Verdict::yes(); }

template <Pool2dPass kPass>
Prepared prepare(const KernelQuery& query) {
  return {.state = std::make_shared<Pool2dGeometry>(pool2d_geometry(kPass, query))};
}

template <Pool2dPass kPass>
KernelImpl vectors(const char* op) {
  return {op, DeviceKind::cpu, "vectors", accepts_rows, prepare<kPass>, launch_vectors<kPass>};
}
template <Pool2dPass kPass>
KernelImpl rows(const char* op) {
  return {op, DeviceKind::cpu, "rows", accepts_rows, prepare<kPass>, launch_rows<kPass>};
}
template <Pool2dPass kPass>
KernelImpl reference(const char* op) {
  return {op, DeviceKind::cpu, "reference", accepts_reference, prepare<kPass>, launch_reference<kPass>};
}

}  // namespace

namespace cpu {

std::span<const KernelImpl> pool2d_impls() {
  static const KernelImpl impls[] = {vectors<Pool2dPass::max>("max_pool2d"),
                                     vectors<Pool2dPass::max_grad>("max_pool2d_grad"),
                                     rows<Pool2dPass::average>("average_pool2d"),
                                     rows<Pool2dPass::average_grad>("average_pool2d_grad"),
                                     reference<Pool2dPass::max>("max_pool2d"),
                                     reference<Pool2dPass::max_grad>("max_pool2d_grad"),
                                     reference<Pool2dPass::average>("average_pool2d"),
                                     reference<Pool2dPass::average_grad>("average_pool2d_grad")};
  return impls;
}

}  // namespace cpu
}  // namespace lamina
