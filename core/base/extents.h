// SPDX-License-Identifier: Apache-2.0
// A shape made of numbers, at most kMaxRank of them. Trivially copyable, so that kernels take it by value.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <vector>

namespace lamina {

inline constexpr int kMaxRank = 8;

class Extents {
 public:
  constexpr Extents() = default;
  Extents(std::initializer_list<int64_t> dims) : Extents(std::span<const int64_t>(dims.begin(), dims.size())) {}
  explicit Extents(std::span<const int64_t> dims);  // throws if the rank exceeds kMaxRank or a number is negative
  explicit Extents(const std::vector<int64_t>& dims) : Extents(std::span<const int64_t>(dims)) {}

  constexpr int rank() const { return rank_; }
  constexpr int64_t operator[](int axis) const { return dims_[axis]; }
  constexpr int64_t& operator[](int axis) { return dims_[axis]; }
  constexpr const int64_t* begin() const { return dims_; }
  constexpr const int64_t* end() const { return dims_ + rank_; }
  void push_back(int64_t dim);

  int64_t count() const;  // product of the dims, 1 for a scalar; throws where it would wrap
  Extents row_major_strides() const;

  friend bool operator==(const Extents& a, const Extents& b) {
    if (a.rank_ != b.rank_) return false;
    for (int i = 0; i < a.rank_; ++i) {
      if (a.dims_[i] != b.dims_[i]) return false;
    }
    return true;
  }

 private:
  int64_t dims_[kMaxRank] = {};
  int rank_ = 0;
};

std::ostream& operator<<(std::ostream& out, const Extents& extents);  // "(2, 3)"

}  // namespace lamina
