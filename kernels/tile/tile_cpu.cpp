// SPDX-License-Identifier: Apache-2.0
// tile on the host: the strided copy, then the reference.
#include <cstring>

#include "kernels/tile/tile.h"
#include "kernels/tile/tile_copy.h"
#include "kernels/copies/coordinates.h"

namespace lamina {

StridedCopy tile_copy(const KernelQuery& query) {
  const auto& repeats = query.attributes.get<TileAttributes>().repeats;
  const Extents x = query.in_extents(0);
  const Extents from = x.row_major_strides(), to = query.out_extents(0).row_major_strides();
  StridedCopy copy;
  copy.element_bytes = static_cast<int32_t>(size_of(query.in(0)));
  for (int axis = 0; axis < x.rank(); ++axis) {
    copy.add_axis(repeats[static_cast<size_t>(axis)], 0, x[axis] * to[axis]);
    copy.add_axis(x[axis], from[axis], to[axis]);
  }
  return copy;
}

namespace {

Prepared prepare_strided(const KernelQuery& query) {
  return {.state = std::make_shared<StridedCopy>(tile_copy(query))};
}

Verdict accepts_reference(const KernelQuery&) { return Verdict::yes(); }

void launch_reference(KernelContext& context) {
  const TensorView &x = context.inputs[0], &y = context.outputs[0];
  const size_t bytes = size_of(x.dtype);
  for_each_place(y.extents, [&](const Extents& place, int64_t index) {
    Extents source = place;
    for (int axis = 0; axis < place.rank(); ++axis) source[axis] = place[axis] % x.extents[axis];
    std::memcpy(static_cast<char*>(y.data) + static_cast<size_t>(index) * bytes,
                static_cast<const char*>(x.data) + static_cast<size_t>(index_of(source, x.extents)) * bytes, bytes);
  });
}

}  // namespace

namespace cpu {

std::span<const KernelImpl> tile_impls() {
  static const KernelImpl impls[] = {
      {"tile", DeviceKind::cpu, "strided", accepts_moving, prepare_strided, launch_copy},
      {"tile", DeviceKind::cpu, "reference", accepts_reference, nullptr, launch_reference},
  };
  return impls;
}

}  // namespace cpu
}  // namespace lamina
