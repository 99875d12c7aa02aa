// SPDX-License-Identifier: Apache-2.0
// The formulas of batch_norm.h, one channel after the other, in double.
#include <cmath>

#include "kernels/batch_norm/batch_norm.h"
#include "kernels/batch_norm/batch_norm_cpu.h"

namespace lamina {
namespace {

// Calls body(index) with the places of a channel in x (..., C).
template <class Body>
void over_channel(const Extents& x, int64_t channel, Body body) {
  for (int64_t at = channel; at < x.count(); at += x[x.rank() - 1]) body(at);
}

// T stores x; P, f32 or f64, what there is one of per channel.
template <class T, class P>
void run(KernelContext& context) {
  const auto [epsilon, slope] = context.attributes.get<BatchNormAttributes>();
  const Extents& extents = context.inputs[0].extents;
  const T* const x = context.inputs[0].as<T>();
  const T* const residual = context.inputs.size() > 3 ? context.inputs[3].as<T>() : nullptr;
  T* const y = context.outputs[0].as<T>();
  const int64_t channels = extents[extents.rank() - 1];
  for (int64_t channel = 0; channel < channels; ++channel) {
    double sum = 0, squares = 0, elements = 0;
    over_channel(extents, channel, [&](int64_t at) { sum += convert<double>(x[at]), ++elements; });
    const double mean = elements > 0 ? sum / elements : 0;
    over_channel(extents, channel, [&](int64_t at) { squares += std::pow(convert<double>(x[at]) - mean, 2); });
    const double variance = elements > 0 ? squares / elements : 0;
    const auto gamma = static_cast<double>(context.inputs[1].as<P>()[channel]);
    const auto beta = static_cast<double>(context.inputs[2].as<P>()[channel]);
    over_channel(extents, channel, [&](int64_t at) {
      const double z = gamma * (convert<double>(x[at]) - mean) / std::sqrt(variance + epsilon) + beta;
      y[at] = convert<T>((z < 0 ? slope * z : z) + (residual ? convert<double>(residual[at]) : 0));
    });
    context.outputs[1].as<P>()[channel] = static_cast<P>(mean);
    context.outputs[2].as<P>()[channel] = static_cast<P>(variance);
  }
}

template <class T, class P>
void run_grad(KernelContext& context) {
  const auto [epsilon, slope] = context.attributes.get<BatchNormAttributes>();
  const Extents& extents = context.inputs[0].extents;
  const T *const dy = context.inputs[0].as<T>(), *const x = context.inputs[1].as<T>();
  T* const dx = context.outputs[0].as<T>();
  const int64_t channels = extents[extents.rank() - 1];
  for (int64_t channel = 0; channel < channels; ++channel) {
    const auto of_channel = [&](size_t input) { return static_cast<double>(context.inputs[input].as<P>()[channel]); };
    const double gamma = of_channel(2), beta = of_channel(3), mean = of_channel(4), root = 1 / std::sqrt(of_channel(5) + epsilon);
    const auto xhat = [&](int64_t at) { return (convert<double>(x[at]) - mean) * root; };
    const auto dz = [&](int64_t at) { return convert<double>(dy[at]) * (gamma * xhat(at) + beta < 0 ? slope : 1); };
    double dbeta = 0, dgamma = 0, elements = 0;
    over_channel(extents, channel, [&](int64_t at) { dbeta += dz(at), dgamma += dz(at) * xhat(at), ++elements; });
    over_channel(extents, channel, [&](int64_t at) {
      dx[at] = convert<T>(gamma * root * (dz(at) - dbeta / elements - xhat(at) * dgamma / elements));
    });
    context.outputs[1].as<P>()[channel] = static_cast<P>(dgamma);
    context.outputs[2].as<P>()[channel] = static_cast<P>(dbeta);
  }
}

void launch(KernelContext& context) {
  switch (context.inputs[0].dtype) {
    case DType::f64: return run<double, double>(context);
    case DType::bf16: return run<bf16, float>(context);
    case DType::f16: return run<f16, float>(context);
    default: return run<float, float>(context);
  }
}

void launch_grad(KernelContext& context) {
  switch (context.inputs[0].dtype) {
    case DType::f64: return run_grad<double, double>(context);
    case DType::bf16: return run_grad<bf16, float>(context);
    case DType::f16: return run_grad<f16, float>(context);
    default: return run_grad<float, float>(context);
  }
}

Verdict accepts_all(const KernelQuery&) { return Verdict::yes(); }

}  // namespace

namespace cpu {

std::array<KernelImpl, 2> batch_norm_reference() {
  return {KernelImpl{"batch_norm", DeviceKind::cpu, "reference", accepts_all, nullptr, launch},
          KernelImpl{"batch_norm_grad", DeviceKind::cpu, "reference", accepts_all, nullptr, launch_grad}};
}

}  // namespace cpu
}  // namespace lamina
