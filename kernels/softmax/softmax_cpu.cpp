// SPDX-License-Identifier: Apache-2.0
// softmax and log_softmax on the host: oneDNN's primitive where it is both fast and exact enough, panels of neighbouring
// rows, then the reference in double.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/check.h"
#include "kernels/onednn/onednn.h"
#include "kernels/softmax/softmax_rows.h"

namespace lamina {
namespace {

constexpr int64_t kPanel = 32;  // rows taken side by side where they are neighbours in memory: one cache line or two
constexpr int64_t kElementsWorthAThread = 1 << 13;

struct OnednnState {
  onednn::SoftmaxForward primitive;
  dnnl::memory x, y;
};

// Measured with 2.6.3. Not log_softmax: its logarithm is off by 4e-6, some 50 roundings. Not bf16: exponentials are
// rounded to bf16 before they are divided. Not a strided axis: plain loops take 100 ns an element and more.
Verdict accepts_onednn(const KernelQuery& query) {
  if (query.in(0) != DType::f32) return Verdict::no(text("needs f32, got ", query.in(0)));
  const SoftmaxRows rows = rows_of(query.attributes, query.in_extents(0));
  if (rows.stride != 1) return Verdict::no("slow where the axis is not the innermost");
  if (rows.rows * rows.length == 0) return Verdict::no("an empty tensor");
  return Verdict::yes();
}

Prepared prepare_onednn(const KernelQuery& query) {
  const SoftmaxRows rows = rows_of(query.attributes, query.in_extents(0));
  const dnnl::memory::desc matrix({rows.rows, rows.length}, dnnl::memory::data_type::f32,
                                    dnnl::memory::dims{rows.length, 1});
  auto state = std::make_shared<OnednnState>();
  state->primitive = onednn::SoftmaxForward(onednn::describe<onednn::SoftmaxForward>(
      {}, dnnl::prop_kind::forward_inference, dnnl::algorithm::softmax_accurate, matrix, matrix, 1));
  state->x = dnnl::memory(matrix, onednn::engine(), nullptr);
  state->y = dnnl::memory(matrix, onednn::engine(), nullptr);
  return {.state = state};
}

void launch_onednn(KernelContext& context) {
  auto& state = context.state_as<OnednnState>();
  state.x.set_data_handle(context.inputs[0].data);
  state.y.set_data_handle(context.outputs[0].data);
  state.primitive.execute(onednn::stream(), {{DNNL_ARG_SRC, state.x}, {DNNL_ARG_DST, state.y}});
  onednn::stream().wait();
}

// `width` rows that start at x and y, side by side; values is scratch of length * width.
template <bool kLog, class T>
void run_panel(const T* x, T* y, int64_t stride, int64_t length, int64_t width, float* values) {
  float largest[kPanel], sums[kPanel] = {};
  std::fill_n(largest, width, -INFINITY);
  for (int64_t i = 0; i < length; ++i) {
    for (int64_t row = 0; row < width; ++row) {
      const float value = values[i * width + row] = convert<float>(x[i * stride + row]);
      largest[row] = value > largest[row] ? value : largest[row];
    }
  }
  for (int64_t i = 0; i < length; ++i) {
    for (int64_t row = 0; row < width; ++row) {
      float& value = values[i * width + row];
      const float above = value - largest[row], power = std::exp(above);
      sums[row] += power;
      value = kLog ? above : power;
    }
  }
  for (int64_t row = 0; row < width; ++row) sums[row] = kLog ? std::log(sums[row]) : 1.0f / sums[row];
  for (int64_t i = 0; i < length; ++i) {
    for (int64_t row = 0; row < width; ++row) {
      const float value = values[i * width + row];
      y[i * stride + row] = convert<T>(kLog ? value - sums[row] : value * sums[row]);
    }
  }
}

template <bool kLog, class T>
void run_panels(KernelContext& context) {
  const SoftmaxRows rows = rows_of(context.attributes, context.inputs[0].extents);
  const int64_t panels_per_group = (rows.stride + kPanel - 1) / kPanel;
  const int64_t panels = rows.rows == 0 ? 0 : rows.rows / rows.stride * panels_per_group;
#pragma omp parallel if (rows.rows * rows.length > kElementsWorthAThread)
  {
    std::vector<float> values(static_cast<size_t>(rows.length * std::min(kPanel, rows.stride)));
#pragma omp for schedule(static)
    for (int64_t panel = 0; panel < panels; ++panel) {
      const int64_t within = panel % panels_per_group * kPanel;
      const int64_t start = rows.offset(panel / panels_per_group * rows.stride + within);
      run_panel<kLog>(context.inputs[0].as<T>() + start, context.outputs[0].as<T>() + start, rows.stride, rows.length,
                      std::min(kPanel, rows.stride - within), values.data());
    }
  }
}

Verdict accepts_panels(const KernelQuery& query) {
  if (query.in(0) == DType::f64) return Verdict::no("f64 is the reference's");
  return Verdict::yes();
}

template <bool kLog>
void launch_panels(KernelContext& context) {
  switch (context.inputs[0].dtype) {
    case DType::bf16: return run_panels<kLog, bf16>(context);
    case DType::f16: return run_panels<kLog, f16>(context);
    default: return run_panels<kLog, float>(context);
  }
}

template <bool kLog, class T>
void run_reference(KernelContext& context) {
  const SoftmaxRows rows = rows_of(context.attributes, context.inputs[0].extents);
  for (int64_t row = 0; row < rows.rows; ++row) {
    const T* const x = context.inputs[0].as<T>() + rows.offset(row);
    T* const y = context.outputs[0].as<T>() + rows.offset(row);
    double largest = -INFINITY, sum = 0;
    for (int64_t i = 0; i < rows.length; ++i) largest = std::max(largest, convert<double>(x[i * rows.stride]));
    for (int64_t i = 0; i < rows.length; ++i) sum += std::exp(convert<double>(x[i * rows.stride]) - largest);
    for (int64_t i = 0; i < rows.length; ++i) {
      const double above = convert<double>(x[i * rows.stride]) - largest;
      y[i * rows.stride] = convert<T>(kLog ? above - std::log(sum) : std::exp(above) / sum);
    }
  }
}

Verdict accepts_reference(const KernelQuery&) { return Verdict::yes(); }

template <bool kLog>
void launch_reference(KernelContext& context) {
  switch (context.inputs[0].dtype) {
    case DType::f64: return run_reference<kLog, double>(context);
    case DType::bf16: return run_reference<kLog, bf16>(context);
    case DType::f16: return run_reference<kLog, f16>(context);
    default: return run_reference<kLog, float>(context);
  }
}

}  // namespace

namespace cpu {

std::span<const KernelImpl> softmax_impls() {
  static const KernelImpl impls[] = {
      {"softmax", DeviceKind::cpu, "onednn", accepts_onednn, onednn::prepare<prepare_onednn>, onednn::launch<launch_onednn>},
      {"softmax", DeviceKind::cpu, "panels", accepts_panels, nullptr, launch_panels<false>},
      {"softmax", DeviceKind::cpu, "reference", accepts_reference, nullptr, launch_reference<false>},
      {"log_softmax", DeviceKind::cpu, "panels", accepts_panels, nullptr, launch_panels<true>},
      {"log_softmax", DeviceKind::cpu, "reference", accepts_reference, nullptr, launch_reference<true>},
  };
  return impls;
}

}  // namespace cpu
}  // namespace lamina
