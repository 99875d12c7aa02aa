// SPDX-License-Identifier: Apache-2.0
#include "core/tensor/host_tensor.h"

namespace lamina {

HostTensor::HostTensor(DType dtype, const Extents& extents)
    : dtype_(dtype),
      extents_(extents),
      count_(extents.count()),
      bytes_(static_cast<size_t>(checked_multiply(count_, static_cast<int64_t>(size_of(dtype)), "tensor bytes"))) {}

double HostTensor::at(int64_t index) const {
  LAMINA_CHECK(index >= 0 && index < count_, "element ", index, " of a tensor of ", count_);
  return with_type(dtype_, [&](auto type) {
    return convert<double>(reinterpret_cast<const decltype(type)*>(bytes_.data())[index]);
  });
}

double HostTensor::at(std::initializer_list<int64_t> indices) const {
  LAMINA_CHECK(static_cast<int>(indices.size()) == extents_.rank(), "element (", join(indices), ") of a tensor of shape ", extents_,
               ": it takes ", extents_.rank(), " indices, got ", indices.size());
  int64_t position = 0;
  int axis = 0;
  for (const int64_t index : indices) {
    LAMINA_CHECK(index >= 0 && index < extents_[axis], "element (", join(indices), ") of a tensor of shape ", extents_, ": index ", index,
                 " is outside of axis ", axis);
    position = position * extents_[axis++] + index;
  }
  return at(position);
}

HostTensor HostTensor::cast(DType to) const {
  HostTensor result(to, extents_);
  with_type(dtype_, [&](auto from_type) {
    with_type(to, [&](auto to_type) {
      using From = decltype(from_type);
      using To = decltype(to_type);
      const From* from = reinterpret_cast<const From*>(bytes_.data());
      To* out = reinterpret_cast<To*>(result.bytes_.data());
      for (int64_t i = 0; i < count_; ++i) out[i] = convert<To>(from[i]);
    });
  });
  return result;
}

HostTensor HostTensor::reshaped(const Extents& extents) const {
  LAMINA_CHECK(extents.count() == count_, "cannot reshape ", extents_, " to ", extents);
  HostTensor result = *this;
  result.extents_ = extents;
  return result;
}

HostTensor HostTensor::rows(int64_t first, int64_t count) const {
  LAMINA_CHECK(extents_.rank() > 0 && first >= 0 && count >= 0 && first + count <= extents_[0], "rows ", first, " to ",
               first + count, " of a tensor of shape ", extents_);
  Extents extents = extents_;
  extents[0] = count;
  HostTensor result(dtype_, extents);
  const size_t row = extents_[0] ? bytes() / static_cast<size_t>(extents_[0]) : 0;
  if (result.bytes()) std::memcpy(result.data(), bytes_.data() + row * static_cast<size_t>(first), result.bytes());
  return result;
}

HostTensor HostTensor::gathered_rows(std::span<const int64_t> indices) const {
  LAMINA_CHECK(extents_.rank() > 0, "a scalar has no rows");
  Extents extents = extents_;
  extents[0] = static_cast<int64_t>(indices.size());
  HostTensor result(dtype_, extents);
  const size_t row = extents_[0] ? bytes() / static_cast<size_t>(extents_[0]) : 0;
  for (size_t i = 0; i < indices.size(); ++i) {
    LAMINA_CHECK(indices[i] >= 0 && indices[i] < extents_[0], "row ", indices[i], " of a tensor of shape ", extents_);
    if (row) std::memcpy(result.bytes_.data() + row * i, bytes_.data() + row * static_cast<size_t>(indices[i]), row);
  }
  return result;
}

}  // namespace lamina
