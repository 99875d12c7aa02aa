// SPDX-License-Identifier: Apache-2.0
// matmul in f32 (bf16 and f16 are converted as they are loaded): y[b, M, N] = a[b, M, K] * b[b, K, N].
// Mapping   block (x, z) owns the 64 x 64 tile x of y, counted along its rows, in the batches z, z + gridDim.z, ...; each of
//           256 threads owns 4 x 4 of it, spaced by 16.
// Shared    a 64 x 16 and a 16 x 64 tile of f32 = 8 KiB + padding.
// Barriers  two per step of 16 along K: tile loaded, tile used up.
// Layouts   rows contiguous; a transposition changes only the load of a tile.     Needs  nothing: edges are guarded.
// Bound     arithmetic from K = 64 up; 8 multiply-adds per shared load.
#include <algorithm>

#include "kernels/matmul/matmul_mma.cuh"
#include "kernels/matmul/matmul_tiled.cuh"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kTile = 64;     // rows and columns of y per block
constexpr int kStep = 16;     // along K
constexpr int kThreads = 256;
constexpr int kPerThread = 4; // rows and columns of y per thread
constexpr int kLanes = kTile / kPerThread;
constexpr int64_t kMostBatchesAtOnce = 65535;  // what a grid takes along z

__global__ void matmul_tiled_kernel(const __grid_constant__ MatmulArgs args) {
  __shared__ float a_tile[kStep][kTile + 1];  // [k][row]
  __shared__ float b_tile[kStep][kTile + 1];  // [k][column]; the padding spreads transposed stores over the banks
  const MatmulGeometry& g = args.geometry;
  const int64_t tiles_in_row = (g.n + kTile - 1) / kTile;
  const int64_t first_row = blockIdx.x / tiles_in_row * kTile, first_column = blockIdx.x % tiles_in_row * kTile;
  const int row = threadIdx.x / kLanes, column = threadIdx.x % kLanes;

  for (int64_t batch = blockIdx.z; batch < g.batch; batch += gridDim.z) {
    const int64_t a_base = g.a_offset(batch), b_base = g.b_offset(batch);
    float sums[kPerThread][kPerThread] = {};
    for (int64_t first_k = 0; first_k < g.k; first_k += kStep) {
      // Neighbouring threads load neighbouring addresses: along K of a as stored, along N of b, or the other way round.
      for (int i = threadIdx.x; i < kTile * kStep; i += kThreads) {
        const int a_k = g.transpose_a ? i / kTile : i % kStep, a_row = g.transpose_a ? i % kTile : i / kStep;
        const int64_t k = first_k + a_k, r = first_row + a_row;
        a_tile[a_k][a_row] = k < g.k && r < g.m ? load_as<float>(args.a, a_base + (g.transpose_a ? k * g.lda + r : r * g.lda + k)) : 0.0f;
      }
      for (int i = threadIdx.x; i < kTile * kStep; i += kThreads) {
        const int b_k = g.transpose_b ? i % kStep : i / kTile, b_column = g.transpose_b ? i / kStep : i % kTile;
        const int64_t k = first_k + b_k, c = first_column + b_column;
        b_tile[b_k][b_column] = k < g.k && c < g.n ? load_as<float>(args.b, b_base + (g.transpose_b ? c * g.ldb + k : k * g.ldb + c)) : 0.0f;
      }
      __syncthreads();
#pragma unroll
      for (int k = 0; k < kStep; ++k) {
        float left[kPerThread], right[kPerThread];
#pragma unroll
        for (int i = 0; i < kPerThread; ++i) {
          left[i] = a_tile[k][row + i * kLanes];
          right[i] = b_tile[k][column + i * kLanes];
        }
#pragma unroll
        for (int i = 0; i < kPerThread; ++i) {
#pragma unroll
          for (int j = 0; j < kPerThread; ++j) sums[i][j] += left[i] * right[j];
        }
      }
      __syncthreads();
    }

    const int64_t y_base = batch * g.m * g.n;
    for (int i = 0; i < kPerThread; ++i) {
      for (int j = 0; j < kPerThread; ++j) {
        const int64_t r = first_row + row + i * kLanes, c = first_column + column + j * kLanes;
        if (r < g.m && c < g.n) store_as(args.y, y_base + r * g.n + c, sums[i][j]);
      }
    }
  }
}

Verdict accepts_tiled(const KernelQuery& query) {
  if (query.in(0) == DType::f64) return Verdict::no("f64 is for the reference on cpu");
  return Verdict::yes();
}

Prepared prepare_tiled(const KernelQuery& query) {
  Prepared prepared;
  prepared.state = std::make_shared<MatmulGeometry>(
      geometry_of(query.attributes.get<MatmulAttributes>(), query.in_extents(0), query.in_extents(1)));
  return prepared;
}

void launch_tiled(KernelContext& context) {
  launch_matmul_tiled(context.stream, {context.state_as<MatmulGeometry>(),
                                       {context.inputs[0].data, context.inputs[0].dtype},
                                       {context.inputs[1].data, context.inputs[1].dtype},
                                       {context.outputs[0].data, context.outputs[0].dtype}});
}

}  // namespace

void launch_matmul_tiled(void* stream, const MatmulArgs& args) {
  const MatmulGeometry& geometry = args.geometry;
  const auto tiles = [](int64_t size) { return (size + kTile - 1) / kTile; };
  const dim3 grid(static_cast<unsigned>(tiles(geometry.m) * tiles(geometry.n)), 1,
                  static_cast<unsigned>(std::min(geometry.batch, kMostBatchesAtOnce)));
  launch<matmul_tiled_kernel>(stream, grid, dim3(kThreads), 0, args);
}

std::span<const KernelImpl> matmul_impls() {
  static const KernelImpl impls[] = {matmul_mma_bf16(), matmul_mma_tf32(),
                                     {"matmul", kDevice, "tiled", accepts_tiled, prepare_tiled, launch_tiled}};
  return impls;
}

}  // namespace lamina::SIMT_BACKEND
