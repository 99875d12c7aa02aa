// SPDX-License-Identifier: Apache-2.0
// One operand's tile of a tensor-core product in shared memory, device only: how it is laid out, filled and read as mma
// fragments. An operand is `kLines` rows of a, or columns of b, by kDepth along K; kDepthInner says whether neighbours
// along K are neighbours in memory. Both kinds are filled by copies of 16 bytes that become zero beyond the matrix, and
// read without bank conflicts.
#pragma once

#include "kernels/device/async.cuh"
#include "kernels/device/mma.cuh"

namespace lamina::SIMT_BACKEND {

// A tile is filled from a source: chunk(row, column) points to the 16 bytes at this place, or is null where they are zero.
// Here: a matrix in device memory, row-major with rows of `columns` elements, zero beyond its edges. columns * size must be
// a multiple of 16, so that a chunk lies either within the matrix or outside of it.
template <class T>
struct StoredMatrix {
  const T* data;
  int64_t rows;
  int64_t columns;

  __device__ const T* chunk(int64_t row, int64_t column) const {
    return row < rows && column < columns ? data + row * columns + column : nullptr;
  }
};

// Copies kRows x kColumns elements from (first_row, first_column) on; place(row, column) is where they go.
template <int kThreads, int kRows, int kColumns, class T, class Source, class Place>
__device__ __forceinline__ void copy_tile(T* tile, const Source& from, int64_t first_row, int64_t first_column, Place place) {
  constexpr int kChunk = 16 / static_cast<int>(sizeof(T)), kRowChunks = kColumns / kChunk;
  static_assert(kRows * kRowChunks % kThreads == 0, "every thread makes the same number of copies");
#pragma unroll
  for (int i = 0; i < kRows * kRowChunks / kThreads; ++i) {
    const int at = static_cast<int>(threadIdx.x) + i * kThreads;
    const int row = at / kRowChunks, column = at % kRowChunks * kChunk;
    const T* const chunk = from.chunk(first_row + row, first_column + column);
    cp_async_zero_fill<16>(tile + place(row, column), chunk ? chunk : from.data, chunk ? 16 : 0);
  }
}

// bf16 for m16n8k16. Rows are of 64, 128 or 256 bytes; the 16-byte chunks of a row are permuted by its number, so that
// the 8 rows that ldmatrix reads at once lie in 8 different groups of banks.
template <int kLines, bool kDepthInner>
struct Bf16Tile {
  using Element = bf16;
  using FragmentA = MmaBf16A;
  using FragmentB = MmaBf16B;
  static constexpr int kDepth = 32;
  static constexpr int kMmaDepth = 16;
  static constexpr int kRows = kDepthInner ? kLines : kDepth;
  static constexpr int kColumns = kDepthInner ? kDepth : kLines;
  static constexpr int kBytes = kRows * kColumns * 2;

  __device__ static int place(int row, int column) {
    const int turn = kColumns == 32 ? row / 2 % 4 : row % 8;  // two rows of 64 bytes share the banks of one of 128
    return row * kColumns + ((column / 8) ^ turn) * 8 + column % 8;
  }

  template <int kThreads, class Source>
  __device__ static void copy(Element* tile, const Source& from, int64_t first_line, int64_t first_depth) {
    copy_tile<kThreads, kRows, kColumns>(tile, from, kDepthInner ? first_line : first_depth,
                                         kDepthInner ? first_depth : first_line, place);
  }

  // 16 lines: matrices 0 and 1 of ldmatrix are lines 0-7 and 8-15 at depth 0-7, 2 and 3 the same at depth 8-15.
  __device__ static void load(FragmentA& fragment, const Element* tile, int line, int depth) {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    if constexpr (kDepthInner) {
      ldmatrix<4>(fragment.r, tile + place(line + lane % 16, depth + lane / 16 * 8));
    } else {
      ldmatrix<4, true>(fragment.r, tile + place(depth + lane / 16 * 8 + lane % 8, line + lane / 8 % 2 * 8));
    }
  }

  // Two fragments of 8 lines: matrices 0 and 1 are depth 0-7 and 8-15 of the first, 2 and 3 those of the second.
  __device__ static void load(FragmentB (&fragments)[2], const Element* tile, int line, int depth) {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    unsigned registers[4];
    if constexpr (kDepthInner) {
      ldmatrix<4>(registers, tile + place(line + lane / 16 * 8 + lane % 8, depth + lane / 8 % 2 * 8));
    } else {
      ldmatrix<4, true>(registers, tile + place(depth + lane % 16, line + lane / 16 * 8));
    }
    fragments[0] = {{registers[0], registers[1]}};
    fragments[1] = {{registers[2], registers[3]}};
  }

  __device__ static void multiply(MmaAcc& sum, const FragmentA& a, const FragmentB& b) { mma_m16n8k16(sum, a, b); }

  // Neighbouring columns of the result, 4 bytes at once.
  __device__ static void store_pair(Element* at, float first, float second) {
    *reinterpret_cast<unsigned*>(at) = pack_bf16(to_bf16(first), to_bf16(second));
  }
  __device__ static void store(Element* at, float value) { *at = to_bf16(value); }
};

// f32, rounded to tf32 as it is read, for m16n8k8. Rows are padded: the 8 lines x 4 depths that a warp reads at once then
// lie in 32 different banks, whichever way the tile is stored (strides of 20, 72 and 136 words).
template <int kLines, bool kDepthInner>
struct Tf32Tile {
  using Element = float;
  using FragmentA = MmaTf32A;
  using FragmentB = MmaTf32B;
  static constexpr int kDepth = 16;
  static constexpr int kMmaDepth = 8;
  static constexpr int kRows = kDepthInner ? kLines : kDepth;
  static constexpr int kColumns = kDepthInner ? kDepth : kLines;
  static constexpr int kStride = kColumns + (kDepthInner ? 4 : 8);
  static constexpr int kBytes = kRows * kStride * 4;

  template <int kThreads, class Source>
  __device__ static void copy(Element* tile, const Source& from, int64_t first_line, int64_t first_depth) {
    copy_tile<kThreads, kRows, kColumns>(tile, from, kDepthInner ? first_line : first_depth,
                                         kDepthInner ? first_depth : first_line,
                                         [](int row, int column) { return row * kStride + column; });
  }

  __device__ static unsigned at(const Element* tile, int line, int depth) {
    return to_tf32(kDepthInner ? tile[line * kStride + depth] : tile[depth * kStride + line]);
  }

  __device__ static void load(FragmentA& fragment, const Element* tile, int line, int depth) {
    const int lane = static_cast<int>(threadIdx.x) % 32, g = line + lane / 4, t = depth + lane % 4;
    fragment = {{at(tile, g, t), at(tile, g + 8, t), at(tile, g, t + 4), at(tile, g + 8, t + 4)}};
  }

  __device__ static void load(FragmentB (&fragments)[2], const Element* tile, int line, int depth) {
    const int lane = static_cast<int>(threadIdx.x) % 32, g = line + lane / 4, t = depth + lane % 4;
    fragments[0] = {{at(tile, g, t), at(tile, g, t + 4)}};
    fragments[1] = {{at(tile, g + 8, t), at(tile, g + 8, t + 4)}};
  }

  __device__ static void multiply(MmaAcc& sum, const FragmentA& a, const FragmentB& b) { mma_m16n8k8(sum, a, b); }

  __device__ static void store_pair(Element* at, float first, float second) {
    *reinterpret_cast<float2*>(at) = make_float2(first, second);
  }
  __device__ static void store(Element* at, float value) { *at = value; }
};

}  // namespace lamina::SIMT_BACKEND
