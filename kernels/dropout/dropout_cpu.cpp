// SPDX-License-Identifier: Apache-2.0
// dropout on the host: four elements by one draw, then the reference, one draw an element.
#include <algorithm>

#include "core/op/kernel_impl.h"
#include "kernels/dropout/dropout_mask.h"

namespace lamina {
namespace {

constexpr int64_t kElementsWorthAThread = 1 << 12;

int32_t step_of(const KernelContext& context) { return *context.inputs[1].as<int32_t>(); }

Prepared prepare(const KernelQuery& query) {
  return {.state = std::make_shared<DropoutMask>(mask_of(query.attributes, query.in_extents(0)))};
}

Verdict accepts_quads(const KernelQuery& query) {
  if (query.in(0) == DType::f64) return Verdict::no("f64 is the reference's");
  if (!query.attributes.get<DropoutAttributes>().shared_axes.empty()) return Verdict::no("elements share decisions");
  return Verdict::yes();
}

template <class T>
void run_quads(KernelContext& context) {
  const auto& mask = context.state_as<DropoutMask>();
  const T* const x = context.inputs[0].as<T>();
  T* const y = context.outputs[0].as<T>();
  const int32_t step = step_of(context);
  const auto factor = static_cast<float>(mask.factor);
  const int64_t quads = (mask.count + 3) / 4;
#pragma omp parallel for schedule(static) if (mask.count > kElementsWorthAThread)
  for (int64_t quad = 0; quad < quads; ++quad) {
    const PhiloxCounter words = mask.draw(quad, step);
    const int64_t first = quad * 4, count = std::min<int64_t>(4, mask.count - first);
    for (int64_t i = 0; i < count; ++i) {
      const float value = convert<float>(x[first + i]) * factor;
      y[first + i] = convert<T>(mask.keeps(words[static_cast<size_t>(i)]) ? value : 0.0f);
    }
  }
}

void launch_quads(KernelContext& context) {
  switch (context.inputs[0].dtype) {
    case DType::bf16: return run_quads<bf16>(context);
    case DType::f16: return run_quads<f16>(context);
    default: return run_quads<float>(context);
  }
}

template <class T, class Compute>
void run_reference(KernelContext& context) {
  const auto& mask = context.state_as<DropoutMask>();
  const T* const x = context.inputs[0].as<T>();
  T* const y = context.outputs[0].as<T>();
  const int32_t step = step_of(context);
#pragma omp parallel for schedule(static) if (mask.count > kElementsWorthAThread)
  for (int64_t element = 0; element < mask.count; ++element) {
    const Compute value = convert<Compute>(x[element]) * static_cast<Compute>(mask.factor);
    y[element] = convert<T>(mask.keeps_element(element, step) ? value : Compute(0));
  }
}

Verdict accepts_reference(const KernelQuery&) { return Verdict::yes(); }

void launch_reference(KernelContext& context) {
  switch (context.inputs[0].dtype) {
    case DType::f64: return run_reference<double, double>(context);
    case DType::bf16: return run_reference<bf16, float>(context);
    case DType::f16: return run_reference<f16, float>(context);
    default: return run_reference<float, float>(context);
  }
}

}  // namespace

namespace cpu {

std::span<const KernelImpl> dropout_impls() {
  static const KernelImpl impls[] = {
      {"dropout", DeviceKind::cpu, "quads", accepts_quads, prepare, launch_quads},
      {"dropout", DeviceKind::cpu, "reference", accepts_reference, prepare, launch_reference},
  };
  return impls;
}

}  // namespace cpu
}  // namespace lamina
