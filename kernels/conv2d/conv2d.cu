// SPDX-License-Identifier: Apache-2.0
// conv2d, conv2d_dgrad and conv2d_wgrad in f32 (bf16 and f16 are converted as they are loaded), as the products of
// conv2d_product.h.
// naive     thread t owns element t of the result and adds its whole sum: what the others are compared with.
// tiled     block (x, z) owns the 64 x 64 tile x of the result and the part z of the sum; each of 256 threads owns 4 x 4 of
//           it, spaced by 16. Where tiles are few the sum is cut into up to 32 parts, which `sum_parts` adds in order.
// Shared    tiled: 16 x 64 of both factors = 8 KiB + padding.     Workspace  one f32 per part and element, if cut.
// Barriers  tiled: two per step of 16 along the sum: tile loaded, tile used up.
// Epilogue  applied to each sum as it is stored; where the sum is cut, by sum_parts.
// Layouts   NHWC, HWIO.     Needs  fewer than 2^31 elements in each tensor: places are taken apart in 32 bits.
// Bound     arithmetic; 8 multiply-adds per shared load, and one address per element of the left factor.
#include "core/simt/simt.h"
#include "kernels/conv2d/conv2d_gather.cuh"
#include "kernels/conv2d/conv2d_mma.cuh"
#include "kernels/conv2d/conv2d_parts.cuh"
#include "kernels/device/typed_memory.cuh"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kThreads = 256;
constexpr int kTile = 64;  // rows and columns of the result per block
constexpr int kStep = 16;  // along the sum
constexpr int kPerThread = 4;
constexpr int kLanes = kTile / kPerThread;
constexpr int kLoads = kTile * kStep / kThreads;  // elements of each factor that a thread loads per step

struct ConvArgs {
  Conv2dProduct product;
  Operand left, right;
  Result result;
  float* parts;  // null where the sum is not cut
  int part;      // length of a part along k
  EpilogueArgs epilogue;
};

template <Conv2dPass kPass>
__device__ float left_at(const ConvArgs& args, const Conv2dGather<kPass>& gather, int m, int k) {
  const int offset = Conv2dGather<kPass>::kLinesArePixels ? gather.offset(gather.pixel(m), gather.tap(k))
                                                          : gather.offset(gather.pixel(k), gather.tap(m));
  return offset < 0 ? 0.0f : load_as<float>(args.left, offset);
}

template <Conv2dPass kPass>
__global__ void conv2d_naive_kernel(const __grid_constant__ ConvArgs args) {
  const Conv2dProduct& p = args.product;
  const int64_t at = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (at >= static_cast<int64_t>(p.m) * p.n) return;
  const int m = static_cast<int>(at / p.n), n = static_cast<int>(at % p.n);
  const Conv2dGather<kPass> gather(p);
  float sum = 0;
  for (int k = 0; k < p.k; ++k) {
    sum += left_at<kPass>(args, gather, m, k) * load_as<float>(args.right, gather.offset_of_right(k, n));
  }
  store_as(args.result, at, finished(args.epilogue, sum, n, at));
}

// The tile of the left factor as [k][m]. Neighbouring threads load neighbouring addresses: channels, which are along k for
// forward and dgrad and along m for wgrad.
template <Conv2dPass kPass>
class LeftLoader {
 public:
  using Gather = Conv2dGather<kPass>;

  __device__ LeftLoader(const Conv2dProduct& p, int first_m) : gather_(p), first_m_(first_m), rows_(p.m) {
    if constexpr (Gather::kLinesArePixels) {
#pragma unroll
      for (int i = 0; i < kLoads; ++i) pixels_[i] = gather_.pixel(static_cast<uint32_t>(first_m + row(i)));
    } else {
      tap_ = gather_.tap(static_cast<uint32_t>(first_m + row(0)));
    }
  }

  __device__ void load(float (*tile)[kTile + 1], const Operand& from, int first_k, int end_k) const {
    if constexpr (Gather::kLinesArePixels) {
      const typename Gather::Tap tap = gather_.tap(static_cast<uint32_t>(first_k + depth(0)));
#pragma unroll
      for (int i = 0; i < kLoads; ++i) store(tile, i, from, first_k, end_k, pixels_[i], tap);
    } else {
#pragma unroll
      for (int i = 0; i < kLoads; ++i) {
        store(tile, i, from, first_k, end_k, gather_.pixel(static_cast<uint32_t>(first_k + depth(i))), tap_);
      }
    }
  }

 private:
  __device__ static int row(int i) {
    const int at = static_cast<int>(threadIdx.x) + i * kThreads;
    return Gather::kLinesArePixels ? at / kStep : at % kTile;
  }
  __device__ static int depth(int i) {
    const int at = static_cast<int>(threadIdx.x) + i * kThreads;
    return Gather::kLinesArePixels ? at % kStep : at / kTile;
  }
  __device__ void store(float (*tile)[kTile + 1], int i, const Operand& from, int first_k, int end_k,
                        const typename Gather::Pixel& pixel, const typename Gather::Tap& tap) const {
    const bool inside = first_k + depth(i) < end_k && first_m_ + row(i) < rows_;
    const int offset = inside ? gather_.offset(pixel, tap) : -1;
    tile[depth(i)][row(i)] = offset < 0 ? 0.0f : load_as<float>(from, offset);
  }

  Gather gather_;
  int first_m_, rows_;
  typename Gather::Pixel pixels_[kLoads];
  typename Gather::Tap tap_;
};

template <Conv2dPass kPass>
__global__ void conv2d_tiled_kernel(const __grid_constant__ ConvArgs args) {
  __shared__ float left_tile[kStep][kTile + 1];   // [k][m]
  __shared__ float right_tile[kStep][kTile + 1];  // [k][n]; the padding spreads transposed stores over the banks
  const Conv2dProduct& p = args.product;
  const int tiles_in_row = (p.n + kTile - 1) / kTile;
  const int first_m = static_cast<int>(blockIdx.x) / tiles_in_row * kTile, first_n = static_cast<int>(blockIdx.x) % tiles_in_row * kTile;
  const int begin_k = static_cast<int>(blockIdx.z) * args.part, end_k = p.k - begin_k < args.part ? p.k : begin_k + args.part;
  const int row = static_cast<int>(threadIdx.x) / kLanes, column = static_cast<int>(threadIdx.x) % kLanes;
  const Conv2dGather<kPass> gather(p);
  const LeftLoader<kPass> left(p, first_m);

  float sums[kPerThread][kPerThread] = {};
  for (int first_k = begin_k; first_k < end_k; first_k += kStep) {
    left.load(left_tile, args.left, first_k, end_k);
#pragma unroll
    for (int i = 0; i < kLoads; ++i) {
      const int at = static_cast<int>(threadIdx.x) + i * kThreads;
      const bool along_k = kPass == Conv2dPass::dgrad;  // how the right factor lies
      const int k = along_k ? at % kStep : at / kTile, n = along_k ? at / kStep : at % kTile;
      const bool inside = first_k + k < end_k && first_n + n < p.n;
      right_tile[k][n] = inside ? load_as<float>(args.right, gather.offset_of_right(first_k + k, first_n + n)) : 0.0f;
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < kStep; ++k) {
      float of_left[kPerThread], of_right[kPerThread];
#pragma unroll
      for (int i = 0; i < kPerThread; ++i) {
        of_left[i] = left_tile[k][row + i * kLanes];
        of_right[i] = right_tile[k][column + i * kLanes];
      }
#pragma unroll
      for (int i = 0; i < kPerThread; ++i) {
#pragma unroll
        for (int j = 0; j < kPerThread; ++j) sums[i][j] += of_left[i] * of_right[j];
      }
    }
    __syncthreads();
  }

  for (int i = 0; i < kPerThread; ++i) {
    for (int j = 0; j < kPerThread; ++j) {
      const int m = first_m + row + i * kLanes, n = first_n + column + j * kLanes;
      if (m >= p.m || n >= p.n) continue;
      const int64_t at = static_cast<int64_t>(m) * p.n + n;
      if (args.parts) {
        args.parts[static_cast<int64_t>(blockIdx.z) * p.m * p.n + at] = sums[i][j];
      } else {
        store_as(args.result, at, finished(args.epilogue, sums[i][j], n, at));
      }
    }
  }
}

__global__ void conv2d_sum_parts_kernel(const float* parts, Result result, int64_t count, int columns, int number,
                                        const __grid_constant__ EpilogueArgs epilogue) {
  const int64_t at = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (at >= count) return;
  float sum = 0;
  for (int part = 0; part < number; ++part) sum += parts[part * count + at];
  store_as(result, at, finished(epilogue, sum, static_cast<int>(at % columns), at));
}

struct State {
  Conv2dProduct product;
  SumParts parts = {};
};

int ceil_divided(int a, int b) { return a / b + (a % b != 0); }
int tiles_of(const Conv2dProduct& p) { return ceil_divided(p.m, kTile) * ceil_divided(p.n, kTile); }
unsigned blocks_of(int64_t count) { return static_cast<unsigned>((count + kThreads - 1) / kThreads); }

template <Conv2dPass kPass>
Verdict accepts(const KernelQuery& query) {
  return accepts_conv2d_product(kPass, query);
}

template <Conv2dPass kPass>
Prepared prepare_naive(const KernelQuery& query) {
  return {.state = std::make_shared<State>(State{conv2d_product(kPass, conv2d_geometry(kPass, query))})};
}

template <Conv2dPass kPass>
Prepared prepare_tiled(const KernelQuery& query) {
  auto state = std::make_shared<State>(State{conv2d_product(kPass, conv2d_geometry(kPass, query))});
  state->parts = cut_sum(state->product, tiles_of(state->product), kStep);
  return {.state = state, .workspace_bytes = bytes_of_parts(state->product, state->parts)};
}

ConvArgs arguments_of(const KernelContext& context) {
  const auto& state = context.state_as<State>();
  return {state.product,
          {context.inputs[0].data, context.inputs[0].dtype},
          {context.inputs[1].data, context.inputs[1].dtype},
          {context.outputs[0].data, context.outputs[0].dtype},
          state.parts.number > 1 ? static_cast<float*>(context.workspace) : nullptr,
          state.parts.length,
          epilogue_args(context)};
}

// The factors in the order of the product: of wgrad x is on the left and dy on the right, as they come.
template <Conv2dPass kPass>
void launch_naive(KernelContext& context) {
  const ConvArgs args = arguments_of(context);
  const int64_t count = static_cast<int64_t>(args.product.m) * args.product.n;
  launch<conv2d_naive_kernel<kPass>>(context.stream, dim3(blocks_of(count)), dim3(kThreads), 0, args);
}

template <Conv2dPass kPass>
void launch_tiled(KernelContext& context) {
  const ConvArgs args = arguments_of(context);
  const int parts = context.state_as<State>().parts.number;
  const dim3 grid(static_cast<unsigned>(tiles_of(args.product)), 1, static_cast<unsigned>(parts));
  launch<conv2d_tiled_kernel<kPass>>(context.stream, grid, dim3(kThreads), 0, args);
  if (args.parts) launch_sum_parts(context.stream, args.parts, parts, args.product, args.epilogue, args.result);
}

template <Conv2dPass kPass>
KernelImpl tiled(const char* op) {
  return {op, kDevice, "tiled", accepts<kPass>, prepare_tiled<kPass>, launch_tiled<kPass>};
}

template <Conv2dPass kPass>
KernelImpl naive(const char* op) {
  return {op, kDevice, "naive", accepts<kPass>, prepare_naive<kPass>, launch_naive<kPass>};
}

}  // namespace

void launch_sum_parts(void* stream, const float* parts, int number, const Conv2dProduct& product, const EpilogueArgs& epilogue,
                      Result result) {
  const int64_t count = static_cast<int64_t>(product.m) * product.n;
  launch<conv2d_sum_parts_kernel>(stream, dim3(blocks_of(count)), dim3(kThreads), 0, parts, result, count, product.n,
                                  number, epilogue);
}

std::span<const KernelImpl> conv2d_impls() {
  static const KernelImpl impls[] = {
      conv2d_mma_bf16(), conv2d_dgrad_mma_bf16(), conv2d_wgrad_mma_bf16(),
      conv2d_mma_tf32(), conv2d_dgrad_mma_tf32(), conv2d_wgrad_mma_tf32(),
      tiled<Conv2dPass::forward>("conv2d"), tiled<Conv2dPass::dgrad>("conv2d_dgrad"), tiled<Conv2dPass::wgrad>("conv2d_wgrad"),
      naive<Conv2dPass::forward>("conv2d"), naive<Conv2dPass::dgrad>("conv2d_dgrad"), naive<Conv2dPass::wgrad>("conv2d_wgrad")};
  return impls;
}

}  // namespace lamina::SIMT_BACKEND
