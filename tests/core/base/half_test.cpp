// SPDX-License-Identifier: Apache-2.0
#include "core/base/half.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lamina {
namespace {

TEST(Half, EveryBf16SurvivesTheWayThroughFloat) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const bf16 value{static_cast<uint16_t>(bits)};
    if (std::isnan(to_float(value))) continue;
    EXPECT_EQ(to_bf16(to_float(value)).bits, bits);
  }
}

TEST(Half, EveryF16SurvivesTheWayThroughFloat) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const f16 value{static_cast<uint16_t>(bits)};
    if (std::isnan(to_float(value))) continue;
    EXPECT_EQ(to_f16(to_float(value)).bits, bits);
  }
}

// The compiler's own half type rounds to nearest even: an independent oracle.
TEST(Half, F16RoundsLikeTheHardwareFormat) {
  for (uint32_t bits = 0; bits < 0x7f800000u; bits += 12345) {
    const float value = std::bit_cast<float>(bits);
    EXPECT_EQ(to_f16(value).bits, std::bit_cast<uint16_t>(static_cast<_Float16>(value))) << value;
    EXPECT_EQ(to_f16(-value).bits, std::bit_cast<uint16_t>(static_cast<_Float16>(-value))) << -value;
  }
}

TEST(Half, Bf16RoundsTiesToEven) {
  EXPECT_EQ(to_bf16(std::bit_cast<float>(0x3f808000u)).bits, 0x3f80);
  EXPECT_EQ(to_bf16(std::bit_cast<float>(0x3f818000u)).bits, 0x3f82);
  EXPECT_EQ(to_bf16(std::bit_cast<float>(0x3f808001u)).bits, 0x3f81);
  EXPECT_TRUE(std::isnan(to_float(to_bf16(std::nanf("")))));
}

}  // namespace
}  // namespace lamina
