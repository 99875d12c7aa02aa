// SPDX-License-Identifier: Apache-2.0
// A dense row-major tensor in host memory, owned by value. What users put in and get out.
#pragma once

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <vector>

#include "core/base/check.h"
#include "core/base/dtype.h"
#include "core/base/extents.h"

namespace lamina {

class HostTensor {
 public:
  HostTensor() : HostTensor(DType::f32, Extents{0}) {}
  HostTensor(DType dtype, const Extents& extents);  // zeros

  // A tensor of the C++ type's dtype; throws unless values.size() is the product of the extents.
  template <class T>
  static HostTensor of(const Extents& extents, std::span<const T> values) {
    HostTensor tensor(kDTypeOf<T>, extents);
    LAMINA_CHECK(static_cast<int64_t>(values.size()) == tensor.count(), "a tensor of shape ", extents, " takes ", tensor.count(),
                 " values, got ", values.size());
    if (!values.empty()) std::memcpy(tensor.bytes_.data(), values.data(), tensor.bytes());
    return tensor;
  }
  template <class T>
  static HostTensor of(const Extents& extents, std::initializer_list<T> values) {
    return of<T>(extents, std::span<const T>(values.begin(), values.size()));
  }
  template <class T>
  static HostTensor of(const Extents& extents, const std::vector<T>& values) {
    return of<T>(extents, std::span<const T>(values));
  }
  template <class T>
  static HostTensor scalar(T value) {
    return of<T>(Extents{}, {value});
  }

  DType dtype() const { return dtype_; }
  const Extents& extents() const { return extents_; }
  int64_t count() const { return count_; }
  size_t bytes() const { return static_cast<size_t>(count_) * size_of(dtype_); }
  void* data() { return bytes_.data(); }
  const void* data() const { return bytes_.data(); }

  // The elements as T; throws where T is not the tensor's type.
  template <class T>
  std::span<T> as() {
    check_type(kDTypeOf<T>);
    return {reinterpret_cast<T*>(bytes_.data()), static_cast<size_t>(count_)};
  }
  template <class T>
  std::span<const T> as() const {
    check_type(kDTypeOf<T>);
    return {reinterpret_cast<const T*>(bytes_.data()), static_cast<size_t>(count_)};
  }

  double at(int64_t index) const;              // one element by its row-major position, whatever its type
  // One element by one index per axis, each counted from 0; throws, naming the axis, outside of the shape.
  double at(std::initializer_list<int64_t> indices) const;
  HostTensor cast(DType to) const;             // element by element, see convert()
  HostTensor reshaped(const Extents& extents) const;
  HostTensor rows(int64_t first, int64_t count) const;                 // along axis 0
  HostTensor gathered_rows(std::span<const int64_t> indices) const;    // along axis 0

 private:
  void check_type(DType wanted) const {
    LAMINA_CHECK(wanted == dtype_, "a tensor of ", dtype_, " was read as ", wanted);
  }

  DType dtype_;
  Extents extents_;
  int64_t count_;
  std::vector<std::byte> bytes_;
};

// Type, shape and values, "f32 (3,) [1, 2, 3]"; the rows of a matrix on lines of their own. Of more than 200 elements only
// the first and last three along each axis.
std::ostream& operator<<(std::ostream& out, const HostTensor& tensor);

}  // namespace lamina
