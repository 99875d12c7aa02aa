// SPDX-License-Identifier: Apache-2.0
// A tensor that somebody else owns, as a kernel launcher sees it: where it is, what it holds, how it lies.
#pragma once

#include "core/base/check.h"
#include "core/base/dtype.h"
#include "core/base/extents.h"

namespace lamina {

struct TensorView {
  void* data = nullptr;  // on the device of the step; not dereferenced by host code on cuda
  DType dtype = DType::f32;
  Extents extents;

  int64_t count() const { return extents.count(); }
  size_t bytes() const { return static_cast<size_t>(count()) * size_of(dtype); }

  template <class T>
  T* as() const {
    LAMINA_ASSERT(kDTypeOf<T> == dtype, "view of ", dtype, " used as ", kDTypeOf<T>);
    return static_cast<T*>(data);
  }
};

}  // namespace lamina
