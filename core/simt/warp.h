// SPDX-License-Identifier: Apache-2.0
// Exchange between the lanes of a warp, for the host copy. Rules held by the simulator: all lanes of the mask that have
// not exited meet at the same line, and no lane reads from a lane that takes no part. There is no __activemask(): what
// it returns depends on the schedule, on the device too.
#pragma once

#include "core/simt/qualifiers.h"

#ifndef __CUDACC__

#include <bit>
#include <type_traits>

namespace lamina::SIMT_BACKEND {

// The general form: combine(T* const lanes[32], mask) runs once, when all lanes of the mask have brought their `mine`
// (lanes[i] is null for the others). kernels/device/mma.cuh builds tensor core operations on it.
template <class T, class Combine>
SIMT_GLUE void warp_exchange(unsigned mask, T& mine, Combine, simt::Where where = simt::Where::current()) {
  static_assert(std::is_empty_v<Combine>, "a combine function holds no state of its own: lanes bring their data");
  simt::warp_collective(
      mask, &mine,
      [](void* const* lanes, unsigned present) SIMT_GLUE {
        T* typed[32];
        for (int lane = 0; lane < 32; ++lane) typed[lane] = static_cast<T*>(lanes[lane]);
        Combine{}(typed, present);
      },
      where);
}

// `source` counts within the segment of `width` lanes (a power of two) that the calling lane is in.
template <class T>
T shuffle_from(unsigned mask, T value, int source, simt::Where where) {
  static_assert(std::is_arithmetic_v<T> && (sizeof(T) == 4 || sizeof(T) == 8), "shuffles move numbers of 4 or 8 bytes");
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  return std::bit_cast<T>(static_cast<Bits>(simt::warp_shuffle(mask, std::bit_cast<Bits>(value), source, where)));
}

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, simt::Where where = simt::Where::current()) {
  const int lane = static_cast<int>(simt::lane_index());
  return shuffle_from(mask, value, (lane & ~(width - 1)) + (source & (width - 1)), where);
}

template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, simt::Where where = simt::Where::current()) {
  const int lane = static_cast<int>(simt::lane_index());
  const int source = lane - static_cast<int>(delta);
  return shuffle_from(mask, value, source < (lane & ~(width - 1)) ? lane : source, where);
}

template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, simt::Where where = simt::Where::current()) {
  const int lane = static_cast<int>(simt::lane_index());
  const int source = lane + static_cast<int>(delta);
  return shuffle_from(mask, value, source > (lane | (width - 1)) ? lane : source, where);
}

template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32, simt::Where where = simt::Where::current()) {
  const int lane = static_cast<int>(simt::lane_index());
  const int source = lane ^ lanes;
  return shuffle_from(mask, value, source > (lane | (width - 1)) ? lane : source, where);
}

inline unsigned __ballot_sync(unsigned mask, int predicate, simt::Where where = simt::Where::current()) {
  return simt::warp_ballot(mask, predicate != 0, where);
}
inline int __any_sync(unsigned mask, int predicate, simt::Where where = simt::Where::current()) {
  return simt::warp_ballot(mask, predicate != 0, where) != 0;
}
inline int __all_sync(unsigned mask, int predicate, simt::Where where = simt::Where::current()) {
  return simt::warp_ballot(mask, predicate == 0, where) == 0;
}

inline int __reduce_add_sync(unsigned mask, int value, simt::Where where = simt::Where::current()) {
  return static_cast<int>(simt::warp_reduce(mask, simt::WarpReduction::add, value, where));
}
inline unsigned __reduce_add_sync(unsigned mask, unsigned value, simt::Where where = simt::Where::current()) {
  return static_cast<unsigned>(simt::warp_reduce(mask, simt::WarpReduction::add, value, where));
}
inline int __reduce_min_sync(unsigned mask, int value, simt::Where where = simt::Where::current()) {
  return static_cast<int>(simt::warp_reduce(mask, simt::WarpReduction::min, value, where));
}
inline unsigned __reduce_min_sync(unsigned mask, unsigned value, simt::Where where = simt::Where::current()) {
  return static_cast<unsigned>(simt::warp_reduce(mask, simt::WarpReduction::min, value, where));
}
inline int __reduce_max_sync(unsigned mask, int value, simt::Where where = simt::Where::current()) {
  return static_cast<int>(simt::warp_reduce(mask, simt::WarpReduction::max, value, where));
}
inline unsigned __reduce_max_sync(unsigned mask, unsigned value, simt::Where where = simt::Where::current()) {
  return static_cast<unsigned>(simt::warp_reduce(mask, simt::WarpReduction::max, value, where));
}

}  // namespace lamina::SIMT_BACKEND

#endif
