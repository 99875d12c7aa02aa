// SPDX-License-Identifier: Apache-2.0
// Atomics on integers for the host copy. There are none on floats: their result would depend on the order of the
// threads. Relaxed on the device, and judged so by the checker: only a fence before them orders other memory.
#pragma once

#include "core/simt/qualifiers.h"

#ifndef __CUDACC__

#include <concepts>
#include <type_traits>

namespace lamina::SIMT_BACKEND {

template <class T>
concept AtomicInteger = std::same_as<T, int> || std::same_as<T, unsigned> || std::same_as<T, unsigned long long>;

template <AtomicInteger T>
SIMT_GLUE T atomicAdd(T* at, std::type_identity_t<T> value, simt::Where where = simt::Where::current()) {
  simt::note_atomic(at, sizeof(T), where);
  return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST);
}
template <AtomicInteger T>
SIMT_GLUE T atomicSub(T* at, std::type_identity_t<T> value, simt::Where where = simt::Where::current()) {
  simt::note_atomic(at, sizeof(T), where);
  return __atomic_fetch_sub(at, value, __ATOMIC_SEQ_CST);
}
template <AtomicInteger T>
SIMT_GLUE T atomicExch(T* at, std::type_identity_t<T> value, simt::Where where = simt::Where::current()) {
  simt::note_atomic(at, sizeof(T), where);
  return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);
}
template <AtomicInteger T>
SIMT_GLUE T atomicOr(T* at, std::type_identity_t<T> value, simt::Where where = simt::Where::current()) {
  simt::note_atomic(at, sizeof(T), where);
  return __atomic_fetch_or(at, value, __ATOMIC_SEQ_CST);
}
template <AtomicInteger T>
SIMT_GLUE T atomicAnd(T* at, std::type_identity_t<T> value, simt::Where where = simt::Where::current()) {
  simt::note_atomic(at, sizeof(T), where);
  return __atomic_fetch_and(at, value, __ATOMIC_SEQ_CST);
}
template <AtomicInteger T>
SIMT_GLUE T atomicCAS(T* at, std::type_identity_t<T> expected, std::type_identity_t<T> desired,
                      simt::Where where = simt::Where::current()) {
  simt::note_atomic(at, sizeof(T), where);
  __atomic_compare_exchange_n(at, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return expected;
}
template <AtomicInteger T>
SIMT_GLUE T atomicMax(T* at, std::type_identity_t<T> value, simt::Where where = simt::Where::current()) {
  simt::note_atomic(at, sizeof(T), where);
  T seen = __atomic_load_n(at, __ATOMIC_SEQ_CST);
  while (seen < value && !__atomic_compare_exchange_n(at, &seen, value, true, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
  }
  return seen;
}
template <AtomicInteger T>
SIMT_GLUE T atomicMin(T* at, std::type_identity_t<T> value, simt::Where where = simt::Where::current()) {
  simt::note_atomic(at, sizeof(T), where);
  T seen = __atomic_load_n(at, __ATOMIC_SEQ_CST);
  while (value < seen && !__atomic_compare_exchange_n(at, &seen, value, true, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
  }
  return seen;
}

}  // namespace lamina::SIMT_BACKEND

#endif
