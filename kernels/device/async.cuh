// SPDX-License-Identifier: Apache-2.0
// Asynchronous copies from global to shared memory (PTX cp.async, sm_80), with both meanings side by side. A thread
// sees its own copies after cp_async_wait; the other threads of the block see them after a barrier that follows the
// wait. On sim the bytes are NaN until the wait, and touching them before it is a fault at that line.
#pragma once

#include "core/simt/simt.h"

namespace lamina::SIMT_BACKEND {

// Copies kBytes (4, 8 or 16), of which the first `valid` are read and the rest become zero. Both pointers are multiples
// of kBytes; to_shared points into shared memory, also where `valid` is 0 (from_global may then be any pointer).
template <int kBytes>
__device__ __forceinline__ void cp_async_zero_fill(void* to_shared, const void* from_global, int valid
#ifndef __CUDACC__
                                                   ,
                                                   simt::Where where = simt::Where::current()
#endif
) {
  static_assert(kBytes == 4 || kBytes == 8 || kBytes == 16, "cp.async moves 4, 8 or 16 bytes");
#ifdef __CUDACC__
  const unsigned to = static_cast<unsigned>(__cvta_generic_to_shared(to_shared));
  if constexpr (kBytes == 16) {  // past the L1 cache: the data are used from shared memory alone
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from_global), "r"(valid) : "memory");
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(to), "l"(from_global), "n"(kBytes), "r"(valid)
                 : "memory");
  }
#else
  simt::async_copy(to_shared, from_global, kBytes, valid, where);
#endif
}

template <int kBytes>
__device__ __forceinline__ void cp_async(void* to_shared, const void* from_global
#ifndef __CUDACC__
                                         ,
                                         simt::Where where = simt::Where::current()
#endif
) {
#ifdef __CUDACC__
  cp_async_zero_fill<kBytes>(to_shared, from_global, kBytes);
#else
  cp_async_zero_fill<kBytes>(to_shared, from_global, kBytes, where);
#endif
}

// Closes the group of the copies issued since the last commit.
__device__ __forceinline__ void cp_async_commit() {
#ifdef __CUDACC__
  asm volatile("cp.async.commit_group;" ::: "memory");
#else
  simt::async_copy_commit();
#endif
}

// Returns when all but the last kGroupsLeft committed groups of this thread have landed.
template <int kGroupsLeft>
__device__ __forceinline__ void cp_async_wait() {
#ifdef __CUDACC__
  asm volatile("cp.async.wait_group %0;" ::"n"(kGroupsLeft) : "memory");
#else
  simt::async_copy_wait(kGroupsLeft);
#endif
}

}  // namespace lamina::SIMT_BACKEND
