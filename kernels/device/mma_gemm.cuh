// SPDX-License-Identifier: Apache-2.0
// A block's share of a product on tensor cores, whatever the factors are read from: a pipeline of stages in shared memory,
// filled by cp.async two steps ahead, and the sums of each warp in registers. Device only.
#pragma once

#include "kernels/device/mma_tiles.cuh"

namespace lamina::SIMT_BACKEND {

constexpr int kMmaStages = 3;

// How a block and its warps share a tile of the result.
template <int kRowsOfBlock, int kColumnsOfBlock, int kRowsOfWarp, int kColumnsOfWarp>
struct Partition {
  static constexpr int kRows = kRowsOfBlock, kColumns = kColumnsOfBlock;
  static constexpr int kWarpRows = kRowsOfWarp, kWarpColumns = kColumnsOfWarp;
  static constexpr int kWarpsAcross = kColumnsOfBlock / kColumnsOfWarp;
  static constexpr int kThreads = kRowsOfBlock / kRowsOfWarp * kWarpsAcross * 32;
};
using LargePartition = Partition<128, 128, 64, 32>;
using SmallPartition = Partition<64, 64, 32, 32>;

// The sums of one warp: 16 x 8 results each.
template <class P>
struct WarpSums {
  MmaAcc at[P::kWarpRows / 16][P::kWarpColumns / 8];
};

template <class TileA, class TileB, class P>
__device__ __forceinline__ void multiply_stage(WarpSums<P>& sums, const typename TileA::Element* a, const typename TileB::Element* b,
                                               int first_row, int first_column) {
#pragma unroll
  for (int depth = 0; depth < TileA::kDepth; depth += TileA::kMmaDepth) {
    typename TileA::FragmentA left[P::kWarpRows / 16];
    typename TileB::FragmentB right[P::kWarpColumns / 16][2];
#pragma unroll
    for (int i = 0; i < P::kWarpRows / 16; ++i) TileA::load(left[i], a, first_row + i * 16, depth);
#pragma unroll
    for (int j = 0; j < P::kWarpColumns / 16; ++j) TileB::load(right[j], b, first_column + j * 16, depth);
#pragma unroll
    for (int i = 0; i < P::kWarpRows / 16; ++i) {
#pragma unroll
      for (int j = 0; j < P::kWarpColumns / 8; ++j) TileA::multiply(sums.at[i][j], left[i], right[j / 2][j % 2]);
    }
  }
}

// Writes the sums of a warp into y (rows x columns, row-major, in the element of Tile): its part begins at (first_row,
// first_column), which may hang over the edges.
template <class Tile, class P>
__device__ __forceinline__ void store_sums(const WarpSums<P>& sums, typename Tile::Element* y, int64_t rows, int64_t columns,
                                           int64_t first_row, int64_t first_column) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const bool pairs = columns % 2 == 0;  // else rows of y begin at odd addresses
#pragma unroll
  for (int i = 0; i < P::kWarpRows / 16; ++i) {
#pragma unroll
    for (int j = 0; j < P::kWarpColumns / 8; ++j) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int64_t row = first_row + i * 16 + half * 8 + lane / 4, column = first_column + j * 8 + lane % 4 * 2;
        if (row >= rows || column >= columns) continue;
        typename Tile::Element* const at = y + row * columns + column;
        const float first = sums.at[i][j].r[half * 2], second = sums.at[i][j].r[half * 2 + 1];
        if (pairs) {
          Tile::store_pair(at, first, second);
        } else {
          Tile::store(at, first);
          if (column + 1 < columns) Tile::store(at + 1, second);
        }
      }
    }
  }
}

template <class TileA, class TileB>
constexpr int kMmaSharedBytes = kMmaStages * (TileA::kBytes + TileB::kBytes);

template <class P>
__device__ __forceinline__ int warp_row() { return static_cast<int>(threadIdx.x) / 32 / P::kWarpsAcross * P::kWarpRows; }
template <class P>
__device__ __forceinline__ int warp_column() { return static_cast<int>(threadIdx.x) / 32 % P::kWarpsAcross * P::kWarpColumns; }

// The sums over depths [begin, end) of lines first_row... of a times lines first_column... of b. `begin` is a multiple of
// the tile's depth; `shared` has kMmaSharedBytes bytes. Barriers: one per step: a stage has arrived for all, and the one
// before it is free to be filled again.
template <class TileA, class TileB, class P, class SourceA, class SourceB>
__device__ __forceinline__ WarpSums<P> mma_gemm(unsigned char* shared, const SourceA& a, const SourceB& b, int64_t first_row,
                                                int64_t first_column, int64_t begin, int64_t end) {
  using Element = typename TileA::Element;
  const auto tile_a = [&](int step) {
    return reinterpret_cast<Element*>(shared + step % kMmaStages * (TileA::kBytes + TileB::kBytes));
  };
  const auto tile_b = [&](int step) { return tile_a(step) + TileA::kBytes / sizeof(Element); };
  const int steps = static_cast<int>((end - begin + TileA::kDepth - 1) / TileA::kDepth);
  const auto fill = [&](int step) {
    if (step < steps) {
      const int64_t depth = begin + static_cast<int64_t>(step) * TileA::kDepth;
      TileA::template copy<P::kThreads>(tile_a(step), a, first_row, depth);
      TileB::template copy<P::kThreads>(tile_b(step), b, first_column, depth);
    }
    cp_async_commit();  // also where nothing is left: the wait counts groups
  };

  WarpSums<P> sums{};
  for (int step = 0; step < kMmaStages - 1; ++step) fill(step);
  for (int step = 0; step < steps; ++step) {
    cp_async_wait<kMmaStages - 2>();
    __syncthreads();
    fill(step + kMmaStages - 1);
    multiply_stage<TileA, TileB>(sums, tile_a(step), tile_b(step), warp_row<P>(), warp_column<P>());
  }
  return sums;
}

}  // namespace lamina::SIMT_BACKEND
