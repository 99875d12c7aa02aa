// SPDX-License-Identifier: Apache-2.0
// transpose on the host: the strided copy (rows, or tiles), then the reference.
#include <cstring>

#include "kernels/copies/coordinates.h"
#include "kernels/transpose/transpose.h"
#include "kernels/transpose/transpose_copy.h"

namespace lamina {

namespace {

Prepared prepare_strided(const KernelQuery& query) {
  return {.state = std::make_shared<StridedCopy>(transpose_copy(query))};
}

Verdict accepts_reference(const KernelQuery&) { return Verdict::yes(); }

void launch_reference(KernelContext& context) {
  const auto& permutation = context.attributes.get<TransposeAttributes>().permutation;
  const TensorView &x = context.inputs[0], &y = context.outputs[0];
  const size_t bytes = size_of(x.dtype);
  for_each_place(y.extents, [&](const Extents& place, int64_t index) {
    Extents source = x.extents;
    for (int axis = 0; axis < place.rank(); ++axis) source[permutation[static_cast<size_t>(axis)]] = place[axis];
    std::memcpy(static_cast<char*>(y.data) + static_cast<size_t>(index) * bytes,
                static_cast<const char*>(x.data) + static_cast<size_t>(index_of(source, x.extents)) * bytes, bytes);
  });
}

}  // namespace

namespace cpu {

std::span<const KernelImpl> transpose_impls() {
  static const KernelImpl impls[] = {
      {"transpose", DeviceKind::cpu, "strided", accepts_moving, prepare_strided, launch_copy},
      {"transpose", DeviceKind::cpu, "reference", accepts_reference, nullptr, launch_reference},
  };
  return impls;
}

}  // namespace cpu
}  // namespace lamina
