// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/tensor_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace lamina::testing {
namespace {

using ::testing::HasSubstr;

HostTensor f32(std::vector<float> values) {
  return HostTensor::of<float>({static_cast<int64_t>(values.size())}, values);
}
HostTensor f64(std::vector<double> values) {
  return HostTensor::of<double>({static_cast<int64_t>(values.size())}, values);
}

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

TEST(TensorMatchers, ToleranceGrowsWithTheRootOfTheLength) {
  const double one = tolerance_for(DType::f32, 1).absolute, long_sum = tolerance_for(DType::f32, 10000).absolute;
  EXPECT_DOUBLE_EQ(one, 12 * 0x1p-24);
  EXPECT_DOUBLE_EQ(long_sum, 408 * 0x1p-24);
  EXPECT_LT(tolerance_for(DType::f32, 1).relative, tolerance_for(DType::f16, 1).relative);
  EXPECT_LT(tolerance_for(DType::f16, 1).relative, tolerance_for(DType::bf16, 1).relative);
}

TEST(TensorMatchers, SixteenBitFloatsAreOnlyRoundedWhenStored) {
  EXPECT_EQ(tolerance_for(DType::bf16, 100).absolute, tolerance_for(DType::f32, 100).absolute);
}

TEST(TensorMatchers, WholeNumbersHaveNoTolerance) {
  for (const DType type : {DType::i32, DType::u8, DType::boolean}) {
    EXPECT_EQ(tolerance_for(type, 1000).relative, 0);
    EXPECT_EQ(tolerance_for(type, 1000).absolute, 0);
  }
}

// A plain sum in f32 stays within the tolerance, and one that misses a term does not.
TEST(TensorMatchers, ToleranceFitsASumAndNotAMissingTerm) {
  for (const int terms : {10, 1000, 100000}) {
    double exact = 0;
    float sum = 0, missing = 0;
    for (int i = 0; i < terms; ++i) {
      const auto term = static_cast<float>(std::sin(i + 1) + 0.5);
      exact += static_cast<double>(term);
      sum += term;
      if (i != terms / 2) missing += term;
    }
    const Tolerance tolerance = tolerance_for(DType::f32, terms);
    EXPECT_TRUE(is_close(f32({sum}), f64({exact}), tolerance)) << terms;
    EXPECT_EQ(is_close(f32({missing}), f64({exact}), tolerance), terms > 1000) << terms;
  }
}

TEST(TensorMatchers, NamesTheWorstElement) {
  const HostTensor actual = f32({1, 2, 3.5f, 4, 5.1f, 6}).reshaped({2, 3});
  const HostTensor expected = f64({1, 2, 3, 4, 5, 6}).reshaped({2, 3});
  EXPECT_THAT(difference(actual, expected, {0, 1e-6}),
              HasSubstr("2 of 6 elements differ, worst at (0, 2): got 3.5, expected 3"));
}

TEST(TensorMatchers, ANaNIsWorseThanAnyNumberAndEqualOnlyToNaN) {
  EXPECT_THAT(difference(f32({9, kNaN}), f64({1, 2}), {0, 1e-6}), HasSubstr("worst at (1): got nan"));
  EXPECT_EQ(difference(f32({kNaN}), f32({kNaN}), {}), "");
  EXPECT_NE(difference(f32({1}), f32({kNaN}), {1, 1}), "");
}

TEST(TensorMatchers, InfinitiesAreEqualToThemselves) {
  EXPECT_EQ(difference(f32({kInf}), f32({kInf}), {}), "");
  EXPECT_NE(difference(f32({-kInf}), f32({kInf}), {1, 1}), "");
  EXPECT_NE(difference(f32({1}), f32({kInf}), {1, 1}), "");
  EXPECT_EQ(difference(f32({kInf}).cast(DType::f16), f64({70000}), {}), "") << "beyond the range of f16";
}

TEST(TensorMatchers, ShapesMustAgree) {
  EXPECT_THAT(difference(f32({1, 2}), f32({1, 2}).reshaped({2, 1}), {}), HasSubstr("shape (2,), expected (2, 1)"));
}

TEST(TensorMatchers, ExactMeansRoundedToTheSameNumber) {
  EXPECT_EQ(exact_difference(f32({257}).cast(DType::bf16), f64({257})), "");
  EXPECT_EQ(exact_difference(f32({0.0f}), f64({-0.0})), "");
  EXPECT_NE(exact_difference(f32({1}), f64({1.0000002})), "");
  EXPECT_FALSE(same_bits(f32({0.0f}), f32({-0.0f})));
}

}  // namespace
}  // namespace lamina::testing
