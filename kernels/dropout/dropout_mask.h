// SPDX-License-Identifier: Apache-2.0
// Which elements are kept, by which factor: the one text that every device runs. constexpr and plain data, for kernels.
#pragma once

#include "core/base/philox.h"
#include "core/op/kernel_impl.h"
#include "kernels/dropout/dropout.h"
#include "kernels/program/broadcast.h"

namespace lamina {

struct DropoutMask {
  RandomKey key;  // its step is filled in at run time
  float rate = 0;
  double factor = 1;
  int64_t count = 0;
  bool shared = false;   // decisions are fewer than elements
  BroadcastIndex index;  // element -> decision, where shared

  constexpr bool keeps(uint32_t word) const { return RandomKey::uniform_of(word) >= rate; }

  // Whether `element` is kept in `step`, one draw for one element.
  constexpr bool keeps_element(int64_t element, int32_t step) const {
    const int64_t decision = shared ? index.offset(element, 0) : element;
    return keeps(at_step(step).word(static_cast<uint64_t>(decision)));
  }

  // Four decisions by one draw: those of elements 4 * quad and up, where none are shared.
  constexpr PhiloxCounter draw(int64_t quad, int32_t step) const { return at_step(step).draw(static_cast<uint64_t>(quad)); }

  constexpr RandomKey at_step(int32_t step) const {
    RandomKey with_step = key;
    with_step.step = static_cast<uint32_t>(step);
    return with_step;
  }
};

inline DropoutMask mask_of(const Attributes& attributes, const Extents& extents) {
  const auto& dropout = attributes.get<DropoutAttributes>();
  DropoutMask mask;
  mask.key = {dropout.seed, RandomPurpose::dropout, dropout.stream, 0};
  mask.rate = static_cast<float>(dropout.rate);
  mask.factor = 1 / (1 - dropout.rate);
  mask.count = extents.count();
  mask.shared = !dropout.shared_axes.empty();
  Extents decisions = extents;
  for (const int axis : dropout.shared_axes) decisions[axis] = 1;
  mask.index = broadcast_index(extents, {&decisions, 1});
  return mask;
}

}  // namespace lamina
