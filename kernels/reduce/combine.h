// SPDX-License-Identifier: Apache-2.0
// What a reduction carries from element to element, and how two partial results become one. constexpr, for kernels too.
#pragma once

#include <cstdint>
#include <limits>

#include "core/graph/reduce.h"

namespace lamina {

template <class T>
struct Partial {
  T value;
  int32_t index;  // of the extreme, for argmax; the first of equals wins
};

template <class T>
constexpr Partial<T> nothing_reduced(ReduceKind kind) {
  constexpr bool kHasInfinity = std::numeric_limits<T>::has_infinity;
  constexpr T kLowest = kHasInfinity ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
  constexpr T kHighest = kHasInfinity ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
  switch (kind) {
    case ReduceKind::max:
    case ReduceKind::argmax: return {kLowest, std::numeric_limits<int32_t>::max()};
    case ReduceKind::min: return {kHighest, 0};
    default: return {T(0), 0};
  }
}

// A NaN is an extreme: it wins over every number, so that it is never lost.
template <class T>
constexpr Partial<T> combine(ReduceKind kind, Partial<T> a, Partial<T> b) {
  switch (kind) {
    case ReduceKind::max: return a.value > b.value || a.value != a.value ? a : b;
    case ReduceKind::min: return a.value < b.value || a.value != a.value ? a : b;
    case ReduceKind::argmax: {
      const bool a_nan = a.value != a.value, b_nan = b.value != b.value;
      const bool tie = a.value == b.value || (a_nan && b_nan);
      if (tie) return a.index <= b.index ? a : b;
      return a_nan || (a.value > b.value && !b_nan) ? a : b;
    }
    default: return {static_cast<T>(a.value + b.value), 0};
  }
}

}  // namespace lamina
