// SPDX-License-Identifier: Apache-2.0
#include "kernels/copies/divisor.h"

#include <gtest/gtest.h>

namespace lamina {
namespace {

TEST(Divisor, EqualsDivisionForSmallNumbers) {
  for (int64_t value = 1; value < 200; ++value) {
    const Divisor divisor(value);
    for (uint32_t number = 0; number < 1000; ++number)
      ASSERT_EQ(divisor.quotient(number), number / value) << number << " / " << value;
  }
}

TEST(Divisor, EqualsDivisionAtTheEdges) {
  const int64_t last = Divisor::kLimit - 1;
  for (const int64_t value : {int64_t{1}, int64_t{2}, int64_t{3}, int64_t{641}, int64_t{65535}, int64_t{65536},
                              int64_t{65537}, int64_t{1} << 30, (int64_t{1} << 30) + 1, last - 1, last}) {
    const Divisor divisor(value);
    for (int64_t multiple = 1; multiple * value <= last; multiple = multiple * 3 + 1) {
      for (const int64_t number : {multiple * value - 1, multiple * value, std::min(multiple * value + 1, last)}) {
        ASSERT_EQ(divisor.quotient(static_cast<uint32_t>(number)), number / value) << number << " / " << value;
      }
    }
    EXPECT_EQ(divisor.quotient(static_cast<uint32_t>(last)), last / value);
  }
}

TEST(Divisor, RefusesWhatItCannotDivideBy) {
  EXPECT_THROW(Divisor(0), Error);
  EXPECT_THROW(Divisor(Divisor::kLimit), Error);
}

}  // namespace
}  // namespace lamina
