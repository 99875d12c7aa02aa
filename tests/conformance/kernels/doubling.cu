// SPDX-License-Identifier: Apache-2.0
// y = 2 x on the simulator, rightly and in the ways that the harness must catch. One thread per element.
#include "core/op/kernel_impl.h"
#include "core/simt/simt.h"
#include "tests/conformance/fake_op.h"

namespace lamina::sim {
namespace {

__global__ void doubling_kernel(const float* x, float* y, int count) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < count) y[i] = 2.0f * x[i];
}

// Every thread stores to its neighbour's element, too, without an atomic.
__global__ void doubling_race_kernel(const float* x, float* y, int count) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= count) return;
  y[i] = 2.0f * x[i];
  y[i + 1 < count ? i + 1 : i] = 2.0f * x[i + 1 < count ? i + 1 : i];
}

__global__ void doubling_past_end_kernel(const float* x, float* y, int count) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < count) y[i] = x[i] + x[i] + 0.0f * x[i + 1];
}

// The element is what it was before, which nothing has written, plus something.
__global__ void doubling_in_place_kernel(const float* x, float* y, int count) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < count) y[i] += 2.0f * x[i];
}

// No race, but the order in which threads come decides who is first.
__global__ void doubling_ticket_kernel(const float* x, float* y, int count, unsigned* tickets) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= count) return;
  const unsigned ticket = atomicAdd(tickets, 1u);
  y[i] = 2.0f * x[i] + static_cast<float>(ticket) * 1e-7f;
}

Verdict accepts(const KernelQuery& query) {
  return query.in(0) == DType::f32 ? Verdict::yes() : Verdict::no("needs f32");
}

Prepared prepare_ticket(const KernelQuery&) { return {.workspace_bytes = sizeof(unsigned)}; }

template <auto kKernel>
void launch_doubling(KernelContext& context) {
  const int count = static_cast<int>(context.outputs[0].count());
  launch<kKernel>(context.stream, dim3(static_cast<unsigned>(count + 31) / 32), dim3(32), 0,
                  context.inputs[0].as<float>(), context.outputs[0].as<float>(), count);
}

__global__ void clear_kernel(unsigned* tickets) { *tickets = 0; }

void launch_ticket(KernelContext& context) {
  auto* const tickets = static_cast<unsigned*>(context.workspace);
  const int count = static_cast<int>(context.outputs[0].count());
  launch<clear_kernel>(context.stream, dim3(1), dim3(1), 0, tickets);
  launch<doubling_ticket_kernel>(context.stream, dim3(static_cast<unsigned>(count + 31) / 32), dim3(32), 0,
                                 context.inputs[0].as<float>(), context.outputs[0].as<float>(), count, tickets);
}

}  // namespace

KernelImpl doubling_impl(std::string_view name) {
  const KernelImpl impls[] = {
      {"double", DeviceKind::sim, "right", accepts, nullptr, launch_doubling<doubling_kernel>},
      {"double", DeviceKind::sim, "race", accepts, nullptr, launch_doubling<doubling_race_kernel>},
      {"double", DeviceKind::sim, "past_end", accepts, nullptr, launch_doubling<doubling_past_end_kernel>},
      {"double", DeviceKind::sim, "in_place", accepts, nullptr, launch_doubling<doubling_in_place_kernel>},
      {"double", DeviceKind::sim, "ticket", accepts, prepare_ticket, launch_ticket},
  };
  for (const KernelImpl& impl : impls) {
    if (impl.name == name) return impl;
  }
  throw Error(ErrorKind::internal, "no such kernel of doubling.cu");
}

}  // namespace lamina::sim
