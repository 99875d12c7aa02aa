// SPDX-License-Identifier: Apache-2.0
// matmul on tensor cores: mma.sync m16n8k16 for bf16, m16n8k8 for f32 rounded to tf32; sums in f32.
// Mapping   a block owns one tile of y of one batch: 128 x 128 by 8 warps of 64 x 32, or, where these would be too few to
//           fill a GPU, 64 x 64 by 4 warps of 32 x 32. Tiles go along a row of y first, so that blocks that run together
//           share rows of a.
// Pipeline  3 stages of 32 (bf16) or 16 (tf32) along K in shared memory, filled by cp.async two steps ahead.
// Shared    128 x 128: 48 KiB bf16, 60 KiB tf32 at most (dynamic); 64 x 64: half of it. Two blocks fit a multiprocessor.
// Barriers  one per step: stage arrived for all, and the stage before it free to be filled again.
// Layouts   rows contiguous; a transposition changes the tile's layout and its fragment loads.
// Needs     rows of a and b as stored to be multiples of 16 bytes. M, N and K may be anything: edges are zero-filled.
// Bound     arithmetic; 16 mma per 6 ldmatrix and warp.
#include "kernels/matmul/matmul_mma.cuh"

#include <algorithm>

#include "kernels/device/mma_gemm.cuh"
#include "kernels/matmul/matmul_geometry.h"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int64_t kEnoughTiles = 96;  // of 128 x 128: about one for each multiprocessor of an sm_80 GPU
constexpr int64_t kMostBatches = 65535;

template <class T>
struct MmaArgs {
  MatmulGeometry geometry;
  const T* a;
  const T* b;
  T* y;
};

template <class TileA, class TileB, class P>
__global__ void __launch_bounds__(P::kThreads, 2) matmul_mma_kernel(const __grid_constant__ MmaArgs<typename TileA::Element> args) {
  using Element = typename TileA::Element;
  SIMT_DYNAMIC_SHARED(unsigned char, shared);
  const MatmulGeometry& g = args.geometry;
  const int64_t tiles_across = (g.n + P::kColumns - 1) / P::kColumns;
  const int64_t first_row = blockIdx.x / tiles_across * P::kRows, first_column = blockIdx.x % tiles_across * P::kColumns;
  const StoredMatrix<Element> a{args.a + g.a_offset(blockIdx.z), g.transpose_a ? g.k : g.m, g.lda};
  const StoredMatrix<Element> b{args.b + g.b_offset(blockIdx.z), g.transpose_b ? g.n : g.k, g.ldb};
  const WarpSums<P> sums = mma_gemm<TileA, TileB, P>(shared, a, b, first_row, first_column, 0, g.k);
  store_sums<TileA>(sums, args.y + static_cast<int64_t>(blockIdx.z) * g.m * g.n, g.m, g.n, first_row + warp_row<P>(),
                    first_column + warp_column<P>());
}

int64_t tiles_of(const MatmulGeometry& g, int64_t tile) { return (g.m + tile - 1) / tile * ((g.n + tile - 1) / tile); }

template <template <int, bool> class Tile, bool kTransposeA, bool kTransposeB, class P, class T>
void launch_tiles(void* stream, const MmaArgs<T>& args) {
  using TileA = Tile<P::kRows, !kTransposeA>;
  using TileB = Tile<P::kColumns, kTransposeB>;
  const MatmulGeometry& g = args.geometry;
  const dim3 grid(static_cast<unsigned>(tiles_of(g, P::kRows)), 1, static_cast<unsigned>(g.batch));
  launch<matmul_mma_kernel<TileA, TileB, P>>(stream, grid, dim3(P::kThreads), kMmaSharedBytes<TileA, TileB>, args);
}

template <template <int, bool> class Tile, bool kTransposeA, bool kTransposeB, class T>
void launch_partition(void* stream, const MmaArgs<T>& args) {
  const bool large = tiles_of(args.geometry, LargePartition::kRows) * args.geometry.batch >= kEnoughTiles;
  large ? launch_tiles<Tile, kTransposeA, kTransposeB, LargePartition>(stream, args)
        : launch_tiles<Tile, kTransposeA, kTransposeB, SmallPartition>(stream, args);
}

template <template <int, bool> class Tile>
void launch_mma(KernelContext& context) {
  using T = typename Tile<64, true>::Element;
  const MmaArgs<T> args{context.state_as<MatmulGeometry>(), static_cast<const T*>(context.inputs[0].data),
                        static_cast<const T*>(context.inputs[1].data), static_cast<T*>(context.outputs[0].data)};
  const bool transpose_a = args.geometry.transpose_a, transpose_b = args.geometry.transpose_b;
  if (transpose_a && transpose_b) return launch_partition<Tile, true, true>(context.stream, args);
  if (transpose_a) return launch_partition<Tile, true, false>(context.stream, args);
  if (transpose_b) return launch_partition<Tile, false, true>(context.stream, args);
  launch_partition<Tile, false, false>(context.stream, args);
}

MatmulGeometry geometry_of(const KernelQuery& query) {
  return lamina::geometry_of(query.attributes.get<MatmulAttributes>(), query.in_extents(0), query.in_extents(1));
}

Verdict accepts_shape(const KernelQuery& query) {
  const MatmulGeometry geometry = geometry_of(query);
  const auto chunk = static_cast<int64_t>(16 / size_of(query.in(0)));
  for (const int64_t row : {geometry.lda, geometry.ldb}) {
    if (row % chunk) return Verdict::no(text("rows of ", row, " elements; copies of 16 bytes need multiples of ", chunk));
  }
  if (geometry.batch > kMostBatches) return Verdict::no(text("a batch of ", geometry.batch, ", at most ", kMostBatches));
  return Verdict::yes();
}

Verdict accepts_mma_bf16(const KernelQuery& query) {
  if (query.in(0) != DType::bf16) return Verdict::no(text("needs bf16, got ", query.in(0)));
  return accepts_shape(query);
}

Verdict accepts_mma_tf32(const KernelQuery& query) {
  if (query.in(0) != DType::f32) return Verdict::no(text("needs f32, got ", query.in(0)));
  if (!query.allow_tf32) return Verdict::no("rounds factors to tf32, which the policy does not allow");
  return accepts_shape(query);
}

Prepared prepare_mma(const KernelQuery& query) { return {.state = std::make_shared<MatmulGeometry>(geometry_of(query))}; }

}  // namespace

KernelImpl matmul_mma_bf16() {
  return {"matmul", kDevice, "mma_bf16", accepts_mma_bf16, prepare_mma, launch_mma<Bf16Tile>};
}

KernelImpl matmul_mma_tf32() {
  return {"matmul", kDevice, "mma_tf32", accepts_mma_tf32, prepare_mma, launch_mma<Tf32Tile>};
}

}  // namespace lamina::SIMT_BACKEND
