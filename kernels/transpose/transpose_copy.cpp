// SPDX-License-Identifier: Apache-2.0
#include "kernels/transpose/transpose_copy.h"

#include "kernels/transpose/transpose.h"

namespace lamina {

StridedCopy transpose_copy(const KernelQuery& query) {
  const Extents y = query.out_extents(0);
  const Extents from = query.in_extents(0).row_major_strides(), to = y.row_major_strides();
  StridedCopy copy;
  copy.element_bytes = static_cast<int32_t>(size_of(query.in(0)));
  const auto& permutation = query.attributes.get<TransposeAttributes>().permutation;
  for (int axis = 0; axis < y.rank(); ++axis)
    copy.add_axis(y[axis], from[permutation[static_cast<size_t>(axis)]], to[axis]);
  return copy;
}

}  // namespace lamina
