// SPDX-License-Identifier: Apache-2.0
#include "core/base/extents.h"

#include <ostream>

#include "core/base/check.h"

namespace lamina {

Extents::Extents(std::span<const int64_t> dims) {
  for (const int64_t dim : dims) push_back(dim);
}

void Extents::push_back(int64_t dim) {
  LAMINA_CHECK(rank_ < kMaxRank, "a tensor has at most ", kMaxRank, " axes");
  LAMINA_CHECK(dim >= 0, "a dimension cannot be negative: ", dim);
  dims_[rank_++] = dim;
}

int64_t Extents::count() const {
  int64_t product = 1;
  for (const int64_t dim : *this) product = checked_multiply(product, dim, "tensor size");
  return product;
}

Extents Extents::row_major_strides() const {
  Extents strides = *this;
  int64_t stride = 1;
  for (int axis = rank_ - 1; axis >= 0; --axis) {
    strides[axis] = stride;
    stride *= dims_[axis];
  }
  return strides;
}

std::ostream& operator<<(std::ostream& out, const Extents& extents) {
  out << '(';
  for (int i = 0; i < extents.rank(); ++i) out << (i ? ", " : "") << extents[i];
  return out << (extents.rank() == 1 ? ",)" : ")");
}

}  // namespace lamina
