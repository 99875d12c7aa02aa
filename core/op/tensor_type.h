// SPDX-License-Identifier: Apache-2.0
// What is known of a tensor before it exists: element type and shape, symbols included.
#pragma once

#include <iosfwd>
#include <ostream>

#include "core/base/dtype.h"
#include "core/base/shape.h"

namespace lamina {

struct TensorType {
  DType dtype = DType::f32;
  Shape shape;

  friend bool operator==(const TensorType&, const TensorType&) = default;
};

inline std::ostream& operator<<(std::ostream& out, const TensorType& type) { return out << type.dtype << type.shape; }

}  // namespace lamina
