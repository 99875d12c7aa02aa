// SPDX-License-Identifier: Apache-2.0
// resize2d: bilinear interpolation of pictures, with a constant around what they fill.
// Mapping   a block owns 256 neighbouring elements of one row of the result, a thread each, channels innermost, so that a warp
//           writes neighbours and reads from two rows of the picture.
// Layouts   NHWC.     Shared  none.     Barriers  none.
// Needs     u8 or f32; rows of fewer than 2^31 elements, fewer than 2^31 blocks.
// Bound     memory, next to two 64-bit divisions for the position of an element (four where the result is u8).
#include "core/simt/simt.h"
#include "kernels/resize2d/resize2d_geometry.h"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kMost = INT32_MAX - kThreads;

template <class To, class From>
struct ResizeArgs {
  Resize2dGeometry geometry;
  const From* x;
  To* y;
  uint32_t chunks, line_elements;  // of a row of the result
};

template <class To, class From>
__global__ void resize2d_elements_kernel(const __grid_constant__ ResizeArgs<To, From> args) {
  const Resize2dGeometry& g = args.geometry;
  const int64_t line = blockIdx.x / args.chunks;
  const uint32_t element = blockIdx.x % args.chunks * kThreads + threadIdx.x;
  if (element >= args.line_elements) return;
  const auto channels = static_cast<uint32_t>(g.channels);
  const uint32_t column = element / channels, channel = element % channels;
  const int64_t row = line % g.height;
  To value = static_cast<To>(g.fill);
  if (g.rows.shows(row) && g.columns.shows(column)) {
    const PixelPair down = g.rows.pair_at(row), across = g.columns.pair_at(column);
    const int64_t first_line = line / g.height * g.rows.from, stride = g.columns.from * channels;
    const From* const upper = args.x + (first_line + down.first) * stride + channel;
    const From* const lower = args.x + (first_line + down.second) * stride + channel;
    const int64_t left = across.first * channels, right = across.second * channels;
    value =
        interpolated<To, float>(down, across, upper[left], upper[right], lower[left], lower[right], static_cast<float>(g.scale));
  }
  args.y[line * args.line_elements + element] = value;
}

template <class To, class From>
void run(KernelContext& context) {
  const auto& g = context.state_as<Resize2dGeometry>();
  const int64_t line_elements = g.width * g.channels, chunks = (line_elements + kThreads - 1) / kThreads;
  const ResizeArgs<To, From> args{g, context.inputs[0].as<From>(), context.outputs[0].as<To>(), static_cast<uint32_t>(chunks),
                                  static_cast<uint32_t>(line_elements)};
  const dim3 grid(static_cast<unsigned>(g.batch * g.height * chunks));
  launch<resize2d_elements_kernel<To, From>>(context.stream, grid, dim3(kThreads), 0, args);
}

void launch_elements(KernelContext& context) {
  if (context.outputs[0].dtype == DType::u8) return run<uint8_t, uint8_t>(context);
  if (context.inputs[0].dtype == DType::u8) return run<float, uint8_t>(context);
  run<float, float>(context);
}

Verdict accepts_elements(const KernelQuery& query) {
  if (query.in(0) == DType::f64) return Verdict::no("f64 is for the reference on cpu");
  const Extents y = query.out_extents(0);
  if (y[3] > kMost / y[2]) return Verdict::no("rows of 2^31 elements or more");
  const int64_t chunks = (y[2] * y[3] + kThreads - 1) / kThreads;
  if (chunks > 0 && y[0] > kMost / (y[1] * chunks)) return Verdict::no("2^31 blocks or more");
  return Verdict::yes();
}

Prepared prepare_elements(const KernelQuery& query) {
  return {.state = std::make_shared<Resize2dGeometry>(resize2d_geometry(query))};
}

}  // namespace

std::span<const KernelImpl> resize2d_impls() {
  static const KernelImpl impls[] = {{"resize2d", kDevice, "elements", accepts_elements, prepare_elements, launch_elements}};
  return impls;
}

}  // namespace lamina::SIMT_BACKEND
