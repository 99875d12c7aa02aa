// SPDX-License-Identifier: Apache-2.0
// A tensor as a user reads it: values in nested brackets, the columns below each other, the middle of a long one left out.
#include <algorithm>
#include <ostream>

#include "core/base/text.h"
#include "core/tensor/host_tensor.h"

namespace lamina {
namespace {

constexpr int64_t kMostShown = 200, kEdge = 3, kGap = -1;

std::string shown_element(const HostTensor& tensor, int64_t position) {
  const double value = tensor.at(position);
  if (tensor.dtype() == DType::boolean) return value != 0 ? "true" : "false";
  return is_floating(tensor.dtype()) ? text(value) : text(static_cast<int64_t>(value));
}

class TensorPrinter {
 public:
  explicit TensorPrinter(const HostTensor& tensor)
      : tensor_(tensor), extents_(tensor.extents()), strides_(extents_.row_major_strides()), width_(width(0, 0)) {}

  // What lies along `axis` from element `first` on; behind the last axis, one element.
  std::string shown(int axis, int64_t first) const {
    if (axis == extents_.rank()) return shown_element(tensor_, first);
    const bool innermost = axis + 1 == extents_.rank();
    std::vector<std::string> parts;
    for (const int64_t row : rows(axis)) {
      std::string part = row == kGap ? "..." : shown(axis + 1, first + row * strides_[axis]);
      if (innermost && row != kGap && part.size() < width_) part.insert(0, width_ - part.size(), ' ');
      parts.push_back(std::move(part));
    }
    return "[" + join(parts, innermost ? ", " : ",\n" + std::string(static_cast<size_t>(axis + 1), ' ')) + "]";
  }

 private:
  // The rows of an axis that are shown, with a gap where the middle is left out.
  std::vector<int64_t> rows(int axis) const {
    const int64_t size = extents_[axis];
    const bool elided = tensor_.count() > kMostShown && size > 2 * kEdge;
    std::vector<int64_t> shown;
    for (int64_t row = 0; row < (elided ? kEdge : size); ++row) shown.push_back(row);
    if (!elided) return shown;
    shown.push_back(kGap);
    for (int64_t row = size - kEdge; row < size; ++row) shown.push_back(row);
    return shown;
  }

  // Of the longest element that is shown.
  size_t width(int axis, int64_t first) const {
    if (axis == extents_.rank()) return tensor_.count() > 0 ? shown_element(tensor_, first).size() : 0;
    size_t most = 0;
    for (const int64_t row : rows(axis)) {
      if (row != kGap) most = std::max(most, width(axis + 1, first + row * strides_[axis]));
    }
    return most;
  }

  const HostTensor& tensor_;
  const Extents& extents_;
  Extents strides_;
  size_t width_;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const HostTensor& tensor) {
  const char* between = tensor.extents().rank() > 1 ? "\n" : " ";
  return out << text(tensor.dtype(), " ", tensor.extents(), between) << (tensor.count() > 0 ? TensorPrinter(tensor).shown(0, 0) : "[]");
}

}  // namespace lamina
