// SPDX-License-Identifier: Apache-2.0
#include "kernels/slice/slice_copy.h"

#include "kernels/slice/slice.h"

namespace lamina {

StridedCopy slice_copy(const KernelQuery& query) {
  const auto& attributes = query.attributes.get<SliceAttributes>();
  const Extents y = query.out_extents(0);
  const Extents from = query.in_extents(0).row_major_strides(), to = y.row_major_strides();
  StridedCopy copy;
  copy.element_bytes = static_cast<int32_t>(size_of(query.in(0)));
  for (int axis = 0; axis < y.rank(); ++axis) {
    copy.add_axis(y[axis], from[axis] * attributes.step[static_cast<size_t>(axis)], to[axis]);
    copy.from_offset += from[axis] * attributes.begin[axis].number();
  }
  return copy;
}

Inset unslice_inset(const KernelQuery& query) {
  const auto& attributes = query.attributes.get<UnsliceAttributes>();
  std::vector<int64_t> begin;
  for (const Dim& first : attributes.begin) begin.push_back(first.number());
  return make_inset(query.in_extents(0), query.out_extents(0), begin, attributes.step, query.in(0), 0);
}

}  // namespace lamina
