// SPDX-License-Identifier: Apache-2.0
#include "kernels/copies/inset.h"

#include <cstring>

namespace lamina {

void Inset::add_axis(const Axis& axis) {
  if (axis.length == 1 && axis.count == 1) return;
  if (rank > 0 && axis.is_whole()) {
    Axis& outer = axes[rank - 1];
    if (outer.step == 1 && outer.from == axis.from * axis.length) {
      outer = {outer.length * axis.length, outer.first * axis.length, 1, outer.count * axis.length, axis.from};
      return;
    }
  }
  axes[rank++] = axis;
}

int64_t Inset::count() const {
  int64_t product = 1;
  for (int axis = 0; axis < rank; ++axis) product *= axes[axis].length;
  return product;
}

Inset make_inset(const Extents& x, const Extents& y, std::span<const int64_t> begin, std::span<const int64_t> step,
                 DType dtype, double value) {
  const Extents strides = x.row_major_strides();
  Inset inset;
  inset.element_bytes = static_cast<int32_t>(size_of(dtype));
  for (int i = 0; i < y.rank(); ++i) {
    const auto at = static_cast<size_t>(i);
    Inset::Axis axis{y[i], begin[at], step[at], x[i], strides[i]};
    if (x[i] == 0) axis.first = 0;
    if (x[i] <= 1) axis.step = 1;
    if (axis.step < 0) {  // from the other end
      axis.first += (x[i] - 1) * axis.step;
      axis.step = -axis.step;
      axis.from = -axis.from;
      inset.from_offset += (x[i] - 1) * strides[i];
    }
    inset.add_axis(axis);
  }
  with_type(dtype, [&](auto type) {
    const auto element = convert<decltype(type)>(value);
    for (size_t i = 0; i < sizeof(inset.value); i += sizeof(element))
      std::memcpy(inset.value + i, &element, sizeof(element));
  });
  return inset;
}

Inset widened(Inset inset, int max_bytes) {
  if (inset.rank == 0) return inset;
  Inset::Axis& inner = inset.axes[inset.rank - 1];
  if (inner.step != 1 || inner.from != 1) return inset;
  const auto even = [&] {
    bool all = inset.from_offset % 2 == 0 && inner.length % 2 == 0 && inner.first % 2 == 0 && inner.count % 2 == 0;
    for (int axis = 0; axis + 1 < inset.rank; ++axis) all = all && inset.axes[axis].from % 2 == 0;
    return all;
  };
  while (2 * inset.element_bytes <= max_bytes && even()) {
    inset.element_bytes *= 2;
    inset.from_offset /= 2;
    inner.length /= 2, inner.first /= 2, inner.count /= 2;
    for (int axis = 0; axis + 1 < inset.rank; ++axis) inset.axes[axis].from /= 2;
  }
  return inset;
}

}  // namespace lamina
