// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/trust.h"

#include <gtest/gtest.h>

#include <limits>

namespace lamina::conformance {
namespace {

HostTensor numbers(int64_t count, int64_t different) {
  HostTensor tensor(DType::f64, {count});
  for (int64_t i = 0; i < different; ++i) tensor.as<double>()[static_cast<size_t>(i)] = static_cast<double>(i + 1);
  return tensor;
}

HostTensor bools(int64_t count, int64_t set) { return numbers(count, set).cast(DType::boolean); }

const std::vector<HostTensor> kInput = {numbers(3, 3)};

TEST(Trust, NineOfTenEqualNumbersAreTooMany) {
  EXPECT_EQ(reason_to_mistrust(kInput, {numbers(10, 1)}), "9 of 10 elements of expected output 0 are 0");
  EXPECT_EQ(reason_to_mistrust(kInput, {numbers(10, 2)}), "");
  EXPECT_EQ(reason_to_mistrust(kInput, {numbers(20, 20), numbers(9, 0)}), "9 of 9 elements of expected output 1 are 0");
}

TEST(Trust, AFewElementsMayBeEqual) {
  EXPECT_EQ(reason_to_mistrust(kInput, {numbers(8, 0)}), "");
  EXPECT_EQ(reason_to_mistrust(kInput, {numbers(1, 0)}), "");
  EXPECT_EQ(reason_to_mistrust(kInput, {numbers(0, 0)}), "");
}

TEST(Trust, BoolsNeedBothValues) {
  EXPECT_EQ(reason_to_mistrust(kInput, {bools(15, 0)}), "");
  EXPECT_EQ(reason_to_mistrust(kInput, {bools(16, 0)}), "16 of 16 elements of expected output 0 are 0");
  EXPECT_EQ(reason_to_mistrust(kInput, {bools(16, 16)}), "16 of 16 elements of expected output 0 are 1");
  EXPECT_EQ(reason_to_mistrust(kInput, {bools(160, 1)}), "");
}

TEST(Trust, NumbersMustBeFinite) {
  HostTensor tensor = numbers(5, 5);
  tensor.as<double>()[3] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(reason_to_mistrust(kInput, {tensor}), "element 3 of expected output 0 is nan");
}

TEST(Trust, ASumOfNothingIsWhatItIs) { EXPECT_EQ(reason_to_mistrust({numbers(0, 0)}, {numbers(40, 0)}), ""); }

}  // namespace
}  // namespace lamina::conformance
