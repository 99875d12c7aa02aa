// SPDX-License-Identifier: Apache-2.0
// upsample2d: a strided copy by the kernel of kernels/copies, with the repeats as axes that stand still in x; and its
// gradient, gathered: each element of dx is the sum of its block of dy, row by row.
// Mapping   gradient: a block of threads owns 256 elements (column, channel) of lines y, y + gridDim.y, ... of dx, so that a
//           warp reads neighbouring channels of every place of its blocks.
// Layouts   NHWC; lines are the rows of all pictures.
// Shared    none.     Barriers  none.
// Needs     gradient: f32, bf16 or f16; lines of dx below 2^31 elements.
// Bound     memory, each byte read once and written once. Lines far shorter than 256 elements leave threads idle.
#include "core/simt/simt.h"
#include "kernels/copies/divisor.h"
#include "kernels/copies/strided_copy.cuh"
#include "kernels/upsample2d/upsample2d_geometry.h"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kLimit = Divisor::kLimit - kThreads;  // elements of a line, its last block included
constexpr int64_t kMaxLines = 65535;                    // of a grid; the stride does the rest

Prepared prepare_strided(const KernelQuery& query) {
  return {.state = std::make_shared<StridedCopy>(widened(upsample_copy(query), kWidestWord))};
}

template <class T>
struct GradArgs {
  const T* dy;
  T* dx;
  UpsampleGeometry geometry;
  Divisor channels;
};

template <class T>
__global__ void upsample2d_grad_lines_kernel(const __grid_constant__ GradArgs<T> args) {
  const UpsampleGeometry& g = args.geometry;
  const uint32_t position = blockIdx.x * kThreads + threadIdx.x;
  if (position >= g.width * g.channels) return;
  const int64_t column = args.channels.quotient(position), channel = position - column * g.channels;
  for (int64_t line = blockIdx.y; line < g.lines; line += gridDim.y) {
    const T* const block = args.dy + line * g.rows * g.y_line() + column * g.columns * g.channels + channel;
    float sum = 0.0f;
    for (int64_t i = 0; i < g.rows; ++i) {
      for (int64_t j = 0; j < g.columns; ++j) sum += convert<float>(block[i * g.y_line() + j * g.channels]);
    }
    args.dx[line * g.width * g.channels + position] = convert<T>(sum);
  }
}

UpsampleGeometry grad_geometry(const KernelQuery& query) { return upsample_geometry(query.attributes, query.out_extents(0)); }

Verdict accepts_lines(const KernelQuery& query) {
  if (query.in(0) == DType::f64) return Verdict::no("f64 is for the reference on cpu");
  const UpsampleGeometry g = grad_geometry(query);
  return g.width * g.channels < kLimit ? Verdict::yes() : Verdict::no("lines of 2^31 elements or more");
}

Prepared prepare_lines(const KernelQuery& query) { return {.state = std::make_shared<UpsampleGeometry>(grad_geometry(query))}; }

template <class T>
void run(KernelContext& context) {
  const auto& g = context.state_as<UpsampleGeometry>();
  if (g.count() == 0) return;
  const GradArgs<T> args{context.inputs[0].as<T>(), context.outputs[0].as<T>(), g, Divisor(g.channels)};
  const dim3 grid(static_cast<unsigned>((g.width * g.channels + kThreads - 1) / kThreads),
                  static_cast<unsigned>(g.lines < kMaxLines ? g.lines : kMaxLines));
  launch<upsample2d_grad_lines_kernel<T>>(context.stream, grid, dim3(kThreads), 0, args);
}

void launch_lines(KernelContext& context) {
  switch (context.inputs[0].dtype) {
    case DType::bf16: return run<bf16>(context);
    case DType::f16: return run<f16>(context);
    default: return run<float>(context);
  }
}

}  // namespace

std::span<const KernelImpl> upsample2d_impls() {
  static const KernelImpl impls[] = {
      {"upsample2d", kDevice, "strided", accepts_moving, prepare_strided, launch_copy},
      {"upsample2d_grad", kDevice, "lines", accepts_lines, prepare_lines, launch_lines},
  };
  return impls;
}

}  // namespace lamina::SIMT_BACKEND
