// SPDX-License-Identifier: Apache-2.0
// max_pool2d, average_pool2d and their gradients.
// Mapping   thread t owns elements t, t + threads, ... of the result (y, or dx for a gradient), channels innermost, so that a
//           warp reads neighbouring addresses under every tap.
// Layouts   NHWC.     Shared  none.     Barriers  none: a gradient is gathered, each element from the windows that cover it.
// Needs     f32, bf16 or f16.
// Bound     memory: windows that overlap are read from L1 and L2; the 64-bit divisions by the lengths of the axes, three an
//           element, weigh as much where there are few channels.
#include "core/simt/simt.h"
#include "kernels/pool2d/pool2d_geometry.h"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kMaxBlocks = 132 * 16;  // enough to fill a large GPU; the grid stride does the rest

template <class T>
struct PoolArgs {
  Pool2dGeometry geometry;
  Pool2dData<T> data;
  int64_t rows, columns, count;  // of the result
};

template <Pool2dPass kPass, class T>
__global__ void pool2d_kernel(const __grid_constant__ PoolArgs<T> args) {
  const int64_t channels = args.geometry.channels;
  for (int64_t at = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; at < args.count; at += static_cast<int64_t>(gridDim.x) * kThreads) {
    const int64_t pixel = at / channels, line = pixel / args.columns;
    pool2d_element<kPass, float>(args.geometry, args.data, line / args.rows, line % args.rows, pixel % args.columns, at % channels);
  }
}

template <Pool2dPass kPass, class T>
void run(KernelContext& context) {
  const auto& g = context.state_as<Pool2dGeometry>();
  PoolArgs<T> args{g, {context.inputs[0].as<T>(), context.outputs[0].as<T>(), nullptr}, 0, 0, 0};
  if constexpr (kPass == Pool2dPass::max) args.data.taps = context.outputs[1].as<int32_t>();
  if constexpr (kPass == Pool2dPass::max_grad) args.data.taps = context.inputs[1].as<int32_t>();
  args.rows = is_gradient(kPass) ? g.rows.in : g.rows.out;
  args.columns = is_gradient(kPass) ? g.columns.in : g.columns.out;
  args.count = g.batch * args.rows * args.columns * g.channels;
  const int64_t blocks = (args.count + kThreads - 1) / kThreads;
  const dim3 grid(static_cast<unsigned>(blocks < kMaxBlocks ? blocks : kMaxBlocks));
  launch<pool2d_kernel<kPass, T>>(context.stream, grid, dim3(kThreads), 0, args);
}

template <Pool2dPass kPass>
void launch_elements(KernelContext& context) {
  switch (context.inputs[0].dtype) {
    case DType::bf16: return run<kPass, bf16>(context);
    case DType::f16: return run<kPass, f16>(context);
    default: return run<kPass, float>(context);
  }
}

Verdict accepts(const KernelQuery& query) {
  if (query.in(0) == DType::f64) return Verdict::no("f64 is for the reference on cpu");
  return Verdict::yes();
}

template <Pool2dPass kPass>
Prepared prepare(const KernelQuery& query) {
  return {.state = std::make_shared<Pool2dGeometry>(pool2d_geometry(kPass, query))};
}

template <Pool2dPass kPass>
KernelImpl elements(const char* op) {
  return {op, kDevice, "elements", accepts, prepare<kPass>, launch_elements<kPass>};
}

}  // namespace

std::span<const KernelImpl> pool2d_impls() {
  static const KernelImpl impls[] = {elements<Pool2dPass::max>("max_pool2d"), elements<Pool2dPass::max_grad>("max_pool2d_grad"),
                                     elements<Pool2dPass::average>("average_pool2d"),
                                     elements<Pool2dPass::average_grad>("average_pool2d_grad")};
  return impls;
}

}  // namespace lamina::SIMT_BACKEND
