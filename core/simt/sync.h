// SPDX-License-Identifier: Apache-2.0
// Barriers of the block, the warp and the grid, fences, and flags between blocks.
#pragma once

#include "core/simt/qualifiers.h"

#ifdef __CUDACC__
#include <cooperative_groups.h>
#endif

namespace lamina::SIMT_BACKEND {

#ifdef __CUDACC__

// All threads of a cooperative launch; orders everything before it before everything after it.
__device__ __forceinline__ void grid_sync() { cooperative_groups::this_grid().sync(); }

// Waits until ready(value of *flag). What the writer did before __threadfence() and an atomic on the flag is visible
// afterwards. Only in a cooperative launch, or within a block: other blocks may not be running.
template <class T, class Ready>
__device__ __forceinline__ T wait_until(const T* flag, Ready ready) {
  T value = *const_cast<const volatile T*>(flag);
  while (!ready(value)) value = *const_cast<const volatile T*>(flag);
  __threadfence();
  return value;
}

#else

inline void __syncthreads(simt::Where where = simt::Where::current()) {
  simt::block_barrier(simt::BarrierVote::none, 0, where);
}
inline int __syncthreads_count(int predicate, simt::Where where = simt::Where::current()) {
  return simt::block_barrier(simt::BarrierVote::count, predicate, where);
}
inline int __syncthreads_and(int predicate, simt::Where where = simt::Where::current()) {
  return simt::block_barrier(simt::BarrierVote::all, predicate, where);
}
inline int __syncthreads_or(int predicate, simt::Where where = simt::Where::current()) {
  return simt::block_barrier(simt::BarrierVote::any, predicate, where);
}
inline void __syncwarp(unsigned mask = 0xffffffffu, simt::Where where = simt::Where::current()) {
  simt::warp_barrier(mask, where);
}
inline void grid_sync(simt::Where where = simt::Where::current()) { simt::grid_barrier(where); }

inline void __threadfence() { simt::thread_fence(); }
inline void __threadfence_block() { simt::thread_fence(); }

template <class T, class Ready>
SIMT_GLUE T wait_until(const T* flag, Ready ready, simt::Where where = simt::Where::current()) {
  simt::wait_until(
      flag,
      [](const void* at, const void* closure) SIMT_GLUE {
        return static_cast<bool>((*static_cast<const Ready*>(closure))(*static_cast<const volatile T*>(at)));
      },
      &ready, where);
  return *flag;
}

#endif

}  // namespace lamina::SIMT_BACKEND
