// SPDX-License-Identifier: Apache-2.0
// How the kernels of batch_norm walk over x (..., C): as rows of `width` columns (batch_norm_rows.h), a multiple of what a warp
// loads at once, so that a thread stays in its columns, and with them in its channels, from the first row to the last.
#pragma once

#include <algorithm>
#include <numeric>

#include "core/op/kernel_impl.h"
#include "core/simt/simt.h"
#include "kernels/batch_norm/batch_norm.h"
#include "kernels/batch_norm/batch_norm_rows.h"

namespace lamina::SIMT_BACKEND {

constexpr int kNormWarps = 8;                     // of a block, one row each
constexpr int kNormThreads = 32 * kNormWarps;
constexpr int kNormPack = 4;                      // neighbouring elements that a thread loads at once, where C % 4 == 0
constexpr int64_t kNormBlocks = 132 * 8;          // fills a large GPU
constexpr int kNormRowsTogether = 4;              // loads of a thread that are on their way at once

struct NormGrid {
  BatchNormRows rows;
  bool packed = false;  // kNormPack elements at once, else one
  int64_t parts = 0;    // blocks that share a column; 0 where x is empty
};

inline NormGrid norm_grid(const Extents& x) {
  NormGrid grid;
  const int64_t channels = x[x.rank() - 1];
  grid.rows = {channels, 0, x.count()};
  if (x.count() == 0) return grid;
  grid.packed = channels % kNormPack == 0;
  const int64_t columns = grid.packed ? 32 * kNormPack : 32;  // of a block
  grid.rows.width = std::lcm(channels, columns);
  const int64_t worth = (grid.rows.rows() + kNormWarps * kNormRowsTogether - 1) / (kNormWarps * kNormRowsTogether);
  grid.parts = std::clamp<int64_t>(kNormBlocks * columns / grid.rows.width, 1, worth);
  return grid;
}

inline dim3 blocks_of(const NormGrid& grid) {
  const int64_t columns = grid.packed ? 32 * kNormPack : 32;
  return dim3(static_cast<unsigned>(grid.rows.width / columns), static_cast<unsigned>(grid.parts));
}
inline unsigned blocks_of_channels(const NormGrid& grid) {  // one warp per channel
  return static_cast<unsigned>((grid.rows.channels + kNormWarps - 1) / kNormWarps);
}

template <class T, int kPack>
struct alignas(sizeof(T) * kPack) Pack {
  T values[kPack];
};

template <class T, int kPack>
__device__ inline Pack<T, kPack> load_pack(const T* from) {
  return *reinterpret_cast<const Pack<T, kPack>*>(from);
}
template <class T, int kPack>
__device__ inline void store_pack(T* to, const Pack<T, kPack>& pack) {
  *reinterpret_cast<Pack<T, kPack>*>(to) = pack;
}

// The elements of one thread: kPack neighbours each at first, first + step, ... below `elements`.
template <int kPack>
struct ColumnWalk {
  int64_t first, step, elements;
  int channel;  // of the first of its pack

  __device__ explicit ColumnWalk(const BatchNormRows& rows)
      : step(static_cast<int64_t>(gridDim.y) * kNormWarps * rows.width), elements(rows.elements) {
    const auto column = static_cast<int>((blockIdx.x * 32 + threadIdx.x % 32) * kPack);
    channel = static_cast<int>(column % rows.channels);
    first = (static_cast<int64_t>(blockIdx.y) * kNormWarps + threadIdx.x / 32) * rows.width + column;
  }
};

// Calls fn.operator()<T, pack>() for the storage type of x.
template <class Fn>
void with_pack(const NormGrid& grid, DType type, Fn fn) {
  const auto packed = [&]<class T>() {
    if (grid.packed) return fn.template operator()<T, kNormPack>();
    return fn.template operator()<T, 1>();
  };
  switch (type) {
    case DType::bf16: return packed.template operator()<bf16>();
    case DType::f16: return packed.template operator()<f16>();
    default: return packed.template operator()<float>();
  }
}

template <size_t kX>
Verdict accepts_columns(const KernelQuery& query) {
  if (query.in(kX) == DType::f64) return Verdict::no("f64 is for the reference on cpu");
  return Verdict::yes();
}

KernelImpl batch_norm_grad_columns();  // batch_norm_grad.cu

}  // namespace lamina::SIMT_BACKEND
