// SPDX-License-Identifier: Apache-2.0
// The three convolutions as implicit products on tensor cores (conv2d_product.h; the pipeline is kernels/device/mma_gemm).
// Mapping   a block owns one tile of the result and one part of the sum: 128 x 128 by 8 warps, or, where these would be too
//           few to fill a GPU, 64 x 64 by 4 warps, the sum cut into up to 32 parts that are added in order.
// Copies    16 bytes: 8 (bf16) or 4 (f32) neighbouring channels of one place, zeros where the window hangs over the edge.
// Shared    128 x 128: 48 KiB bf16, 60 KiB tf32 at most (dynamic); 64 x 64: half of it.
// Workspace one f32 per part and element, if cut.     Barriers  one per step of 32 (bf16) or 16 (tf32) along the sum.
// Epilogue  applied to the sums in registers as they are stored; where the sum is cut, by sum_parts.
// Layouts   NHWC, HWIO.
// Needs     the channels that are copied to be whole 16 bytes: in and out for forward and wgrad, out for dgrad.
// Bound     arithmetic, from some 64 channels up; below it the addresses, one taken apart per copy.
#include "kernels/conv2d/conv2d_mma.cuh"

#include "kernels/conv2d/conv2d_gather.cuh"
#include "kernels/conv2d/conv2d_parts.cuh"
#include "kernels/device/mma_gemm.cuh"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int64_t kEnoughTiles = 96;  // of 128 x 128: about one for each multiprocessor of an sm_80 GPU

// The left factor: lines are pixels and depth is taps, or for wgrad, which lies the other way round, depth is pixels.
template <Conv2dPass kPass, class T>
struct GatheredFactor {
  const T* data;
  const Conv2dProduct& p;

  __device__ const T* chunk(int64_t row, int64_t column) const {
    constexpr bool kRowsAreLines = Conv2dGather<kPass>::kLinesArePixels;
    if (row >= (kRowsAreLines ? p.m : p.k) || column >= (kRowsAreLines ? p.k : p.m)) return nullptr;
    const Conv2dGather<kPass> gather(p);
    const int offset = gather.offset(gather.pixel(static_cast<uint32_t>(row)), gather.tap(static_cast<uint32_t>(column)));
    return offset < 0 ? nullptr : data + offset;
  }
};

// w as dgrad reads it: lines are channels of x, depth is (tap, channel of y).
template <class T>
struct TurnedFilters {
  const T* data;
  const Conv2dProduct& p;

  __device__ const T* chunk(int64_t row, int64_t column) const {
    if (row >= p.n || column >= p.k) return nullptr;
    return data + Conv2dGather<Conv2dPass::dgrad>(p).offset_of_right(static_cast<uint32_t>(column), static_cast<int>(row));
  }
};

template <class T>
struct MmaArgs {
  Conv2dProduct product;
  const T* left;
  const T* right;
  Result result;
  float* parts;  // null where the sum is not cut
  int part;      // length of a part along k
  EpilogueArgs epilogue;
};

// The sums of a warp, whose part of y begins at (first_row, first_column), as they are to be stored.
template <class P>
__device__ __forceinline__ void finish_sums(WarpSums<P>& sums, const EpilogueArgs& epilogue, const Conv2dProduct& p,
                                            int64_t first_row, int64_t first_column) {
  if (epilogue.is_none()) return;
  const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
  for (int i = 0; i < P::kWarpRows / 16; ++i) {
#pragma unroll
    for (int j = 0; j < P::kWarpColumns / 8; ++j) {
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        const int64_t row = first_row + i * 16 + k / 2 * 8 + lane / 4, column = first_column + j * 8 + lane % 4 * 2 + k % 2;
        float& sum = sums.at[i][j].r[k];
        if (row < p.m && column < p.n) sum = finished(epilogue, sum, static_cast<int>(column), row * p.n + column);
      }
    }
  }
}

template <Conv2dPass kPass, class TileA, class TileB, class P>
__global__ void __launch_bounds__(P::kThreads, 2) conv2d_mma_kernel(const __grid_constant__ MmaArgs<typename TileA::Element> args) {
  using Element = typename TileA::Element;
  SIMT_DYNAMIC_SHARED(unsigned char, shared);
  const Conv2dProduct& p = args.product;
  const int64_t tiles_across = (p.n + P::kColumns - 1) / P::kColumns;
  const int64_t first_row = blockIdx.x / tiles_across * P::kRows, first_column = blockIdx.x % tiles_across * P::kColumns;
  const int64_t begin = static_cast<int64_t>(blockIdx.z) * args.part, end = p.k - begin < args.part ? p.k : begin + args.part;
  const GatheredFactor<kPass, Element> left{args.left, p};
  WarpSums<P> sums;
  if constexpr (kPass == Conv2dPass::dgrad) {
    sums = mma_gemm<TileA, TileB, P>(shared, left, TurnedFilters<Element>{args.right, p}, first_row, first_column, begin, end);
  } else {
    const StoredMatrix<Element> right{args.right, p.k, p.n};
    sums = mma_gemm<TileA, TileB, P>(shared, left, right, first_row, first_column, begin, end);
  }
  const int64_t row = first_row + warp_row<P>(), column = first_column + warp_column<P>();  // of the warp's sums
  using AsFloats = Tf32Tile<64, true>;
  if (args.parts) {
    store_sums<AsFloats>(sums, args.parts + static_cast<int64_t>(blockIdx.z) * p.m * p.n, p.m, p.n, row, column);
    return;
  }
  if constexpr (kPass == Conv2dPass::forward) finish_sums(sums, args.epilogue, p, row, column);
  if (args.result.dtype == DType::f32) {
    store_sums<AsFloats>(sums, static_cast<float*>(args.result.data), p.m, p.n, row, column);
  } else {
    store_sums<TileA>(sums, static_cast<Element*>(args.result.data), p.m, p.n, row, column);
  }
}

struct State {
  Conv2dProduct product;
  bool large = false;
  SumParts parts = {};
};

int64_t tiles_of(const Conv2dProduct& p, int64_t tile) { return (p.m + tile - 1) / tile * ((p.n + tile - 1) / tile); }

template <Conv2dPass kPass, template <int, bool> class Tile, class P, class T>
void launch_tiles(void* stream, const MmaArgs<T>& args, int parts) {
  using TileA = Tile<P::kRows, kPass != Conv2dPass::wgrad>;
  using TileB = Tile<P::kColumns, kPass == Conv2dPass::dgrad>;
  const dim3 grid(static_cast<unsigned>(tiles_of(args.product, P::kRows)), 1, static_cast<unsigned>(parts));
  launch<conv2d_mma_kernel<kPass, TileA, TileB, P>>(stream, grid, dim3(P::kThreads), kMmaSharedBytes<TileA, TileB>, args);
}

template <Conv2dPass kPass, template <int, bool> class Tile>
void launch_mma(KernelContext& context) {
  using T = typename Tile<64, true>::Element;
  const auto& state = context.state_as<State>();
  const bool cut = state.parts.number > 1;
  const MmaArgs<T> args{state.product,
                        static_cast<const T*>(context.inputs[0].data),
                        static_cast<const T*>(context.inputs[1].data),
                        {context.outputs[0].data, context.outputs[0].dtype},
                        cut ? static_cast<float*>(context.workspace) : nullptr,
                        state.parts.length,
                        epilogue_args(context)};
  state.large ? launch_tiles<kPass, Tile, LargePartition>(context.stream, args, state.parts.number)
              : launch_tiles<kPass, Tile, SmallPartition>(context.stream, args, state.parts.number);
  if (cut) launch_sum_parts(context.stream, args.parts, state.parts.number, state.product, args.epilogue, args.result);
}

template <Conv2dPass kPass>
Verdict accepts_channels(const KernelQuery& query) {
  const Conv2dGeometry g = conv2d_geometry(kPass, query);
  const auto chunk = static_cast<int64_t>(16 / size_of(query.in(0)));
  const auto whole = [&](int64_t channels) { return channels % chunk == 0; };
  if ((kPass != Conv2dPass::dgrad && !whole(g.channels_in)) || !whole(g.channels_out)) {
    return Verdict::no(text(g.channels_in, " channels in and ", g.channels_out, " out; copies of 16 bytes need multiples of ", chunk));
  }
  return accepts_conv2d_product(kPass, query);
}

template <Conv2dPass kPass>
Verdict accepts_bf16(const KernelQuery& query) {
  if (query.in(0) != DType::bf16) return Verdict::no(text("needs bf16, got ", query.in(0)));
  return accepts_channels<kPass>(query);
}

template <Conv2dPass kPass>
Verdict accepts_tf32(const KernelQuery& query) {
  if (query.in(0) != DType::f32) return Verdict::no(text("needs f32, got ", query.in(0)));
  if (!query.allow_tf32) return Verdict::no("rounds factors to tf32, which the policy does not allow");
  return accepts_channels<kPass>(query);
}

template <Conv2dPass kPass, template <int, bool> class Tile>
Prepared prepare(const KernelQuery& query) {
  auto state = std::make_shared<State>(State{conv2d_product(kPass, conv2d_geometry(kPass, query))});
  state->large = tiles_of(state->product, LargePartition::kRows) >= kEnoughTiles;
  const int tile = state->large ? LargePartition::kRows : SmallPartition::kRows;
  state->parts = cut_sum(state->product, tiles_of(state->product, tile), Tile<64, true>::kDepth);
  return {.state = state, .workspace_bytes = bytes_of_parts(state->product, state->parts)};
}

template <Conv2dPass kPass>
KernelImpl bf16_impl(const char* op) {
  return {op, kDevice, "implicit_gemm_bf16", accepts_bf16<kPass>, prepare<kPass, Bf16Tile>, launch_mma<kPass, Bf16Tile>};
}
template <Conv2dPass kPass>
KernelImpl tf32_impl(const char* op) {
  return {op, kDevice, "implicit_gemm_tf32", accepts_tf32<kPass>, prepare<kPass, Tf32Tile>, launch_mma<kPass, Tf32Tile>};
}

}  // namespace

KernelImpl conv2d_mma_bf16() { return bf16_impl<Conv2dPass::forward>("conv2d"); }
KernelImpl conv2d_dgrad_mma_bf16() { return bf16_impl<Conv2dPass::dgrad>("conv2d_dgrad"); }
KernelImpl conv2d_wgrad_mma_bf16() { return bf16_impl<Conv2dPass::wgrad>("conv2d_wgrad"); }
KernelImpl conv2d_mma_tf32() { return tf32_impl<Conv2dPass::forward>("conv2d"); }
KernelImpl conv2d_dgrad_mma_tf32() { return tf32_impl<Conv2dPass::dgrad>("conv2d_dgrad"); }
KernelImpl conv2d_wgrad_mma_tf32() { return tf32_impl<Conv2dPass::wgrad>("conv2d_wgrad"); }

}  // namespace lamina::SIMT_BACKEND
