// SPDX-License-Identifier: Apache-2.0
#include "kernels/lstm/fast_float.h"

#include <gtest/gtest.h>

#include <limits>

#include "kernels/lstm/gates.h"

namespace lamina {
namespace {

// The distance from the exact result in units in its last place.
double ulps(float got, double exact) {
  const double unit = std::ldexp(1.0, std::max(std::ilogb(exact), -126) - 23);
  return std::abs(static_cast<double>(got) - exact) / unit;
}

template <ScalarFunction kFunction>
double worst_ulps(double low, double high) {
  double worst = 0;
  constexpr int kSamples = 200003;
  for (int i = 0; i < kSamples; ++i) {
    const auto x = static_cast<float>(low + (high - low) * i / (kSamples - 1));
    if (x == 0.0f) continue;
    const float got = gate_value<kFunction>(FastFloat(x)).value;
    worst = std::max(worst, ulps(got, gate_value<kFunction, double>(static_cast<double>(x))));
  }
  return worst;
}

TEST(FastFloat, IsWithinThreeUnitsInTheLastPlace) {
  EXPECT_LT(worst_ulps<ScalarFunction::sigmoid>(-80, 80), 3);
  EXPECT_LT(worst_ulps<ScalarFunction::tanh>(-12, 12), 3);
  EXPECT_LT(worst_ulps<ScalarFunction::tanh>(-1e-3, 1e-3), 3);  // no digits are lost near 0
}

TEST(FastFloat, ReachesItsLimitsAndKeepsNan) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  for (const float large : {100.0f, 1e30f, kInf}) {
    EXPECT_EQ(gate_value<ScalarFunction::tanh>(FastFloat(large)).value, 1);
    EXPECT_EQ(gate_value<ScalarFunction::tanh>(FastFloat(-large)).value, -1);
    EXPECT_EQ(gate_value<ScalarFunction::sigmoid>(FastFloat(large)).value, 1);
    EXPECT_LT(gate_value<ScalarFunction::sigmoid>(FastFloat(-large)).value, 1e-38f);
  }
  EXPECT_TRUE(std::isnan(gate_value<ScalarFunction::tanh>(FastFloat(std::nanf(""))).value));
  EXPECT_TRUE(std::isnan(gate_value<ScalarFunction::sigmoid>(FastFloat(std::nanf(""))).value));
}

TEST(FastFloat, SlopesFollowFromResults) {
  constexpr double kStep = 1e-6;
  const auto check = []<ScalarFunction kFunction>(double x) {
    const double slope = (gate_value<kFunction>(x + kStep) - gate_value<kFunction>(x - kStep)) / (2 * kStep);
    EXPECT_NEAR(gate_slope<kFunction>(gate_value<kFunction>(x)), slope, 1e-8) << info_of(kFunction).name << " at " << x;
    EXPECT_EQ(gate_slope(kFunction, gate_value(kFunction, x)), gate_slope<kFunction>(gate_value<kFunction>(x)));
  };
  for (const double x : {-4.0, -2.7, -1.1, 0.3, 1.9, 2.8, 5.0}) {
#define LAMINA_ROW(name) check.operator()<ScalarFunction::name>(x);
    LAMINA_GATE_FUNCTIONS(LAMINA_ROW)
#undef LAMINA_ROW
  }
}

}  // namespace
}  // namespace lamina
