// SPDX-License-Identifier: Apache-2.0
// Division by a number that stays the same for a whole launch: a multiplication and a shift in place of the twenty
// instructions of a division. Granlund, Montgomery, "Division by invariant integers using multiplication", PLDI 1994.
#pragma once

#include <cstdint>

#include "core/base/check.h"

namespace lamina {

class Divisor {
 public:
  static constexpr int64_t kLimit = int64_t{1} << 31;  // of the divisor and of what it divides

  constexpr Divisor() = default;  // 1
  explicit Divisor(int64_t value) : value_(static_cast<uint32_t>(value)) {
    LAMINA_ASSERT(value >= 1 && value < kLimit, value);
    while ((int64_t{1} << shift_) < value) ++shift_;
    multiplier_ = static_cast<uint32_t>((((uint64_t{1} << shift_) - value_) << 32) / value_ + 1);
  }

  constexpr uint32_t value() const { return value_; }

  // floor(number / value) for any number below kLimit.
  constexpr uint32_t quotient(uint32_t number) const {
    const auto high = static_cast<uint32_t>((uint64_t{number} * multiplier_) >> 32);
    return (high + number) >> shift_;
  }

 private:
  uint32_t value_ = 1;
  uint32_t multiplier_ = 1;
  uint32_t shift_ = 0;
};

}  // namespace lamina
