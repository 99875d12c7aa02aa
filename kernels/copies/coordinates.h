// SPDX-License-Identifier: Apache-2.0
// Plain walking over the places of a tensor, for the references of the ops that move data: clear rather than fast.
#pragma once

#include "core/base/extents.h"

namespace lamina {

// Calls fn(place, index) for each place of `extents` in row-major order; index counts them from 0.
template <class Fn>
void for_each_place(const Extents& extents, Fn&& fn) {
  Extents place = extents;
  for (int axis = 0; axis < place.rank(); ++axis) place[axis] = 0;
  const int64_t count = extents.count();
  for (int64_t index = 0; index < count; ++index) {
    fn(static_cast<const Extents&>(place), index);
    for (int axis = extents.rank() - 1; axis >= 0; --axis) {
      if (++place[axis] < extents[axis]) break;
      place[axis] = 0;
    }
  }
}

// The row-major index of `place` in a tensor of `extents`.
inline int64_t index_of(const Extents& place, const Extents& extents) {
  int64_t index = 0;
  for (int axis = 0; axis < extents.rank(); ++axis) index = index * extents[axis] + place[axis];
  return index;
}

}  // namespace lamina
