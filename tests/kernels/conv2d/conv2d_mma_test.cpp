// SPDX-License-Identifier: Apache-2.0
// The tensor-core convolutions where op cases do not reach: the large tiles, which take many tiles of the result to be
// chosen, and what they refuse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/conv2d/conv2d.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

// Whole numbers from -2 to 2: sums of them are exact in f32, and rounding to bf16 once is the same for all.
HostTensor whole_numbers(const Extents& extents, DType type, int salt) {
  HostTensor numbers(DType::f32, extents);
  int64_t i = salt;
  for (float& value : numbers.as<float>()) {
    value = static_cast<float>((i * 7919 + i / 13) % 5 - 2);
    ++i;
  }
  return numbers.cast(type);
}

using Build = std::function<Value(const Value& a, const Value& b)>;

HostTensor run(const Extents& a, const Extents& b, const Build& build, DType type, DeviceKind kind, const std::string& impl) {
  const Value y = build(input_value("a", type, a), input_value("b", type, b));
  PlanOptions options = testing::plan_options(kind);
  options.allow_tf32 = true;
  options.forced_impls[y.node()->op->name] = impl;
  const Feed feed = {{"a", whole_numbers(a, type, 3)}, {"b", whole_numbers(b, type, 8)}};
  return testing::run_values(std::vector<Value>{y}, feed, options)[0];
}

void expect_exact(const Extents& a, const Extents& b, const Build& build) {
  for (const DType type : {DType::bf16, DType::f32}) {
    const HostTensor expected = run(a, b, build, type, DeviceKind::cpu, "reference");
    for (const DeviceKind kind : testing::available_devices()) {
      if (kind == DeviceKind::cpu) continue;
      const HostTensor got = run(a, b, build, type, kind, type == DType::bf16 ? "implicit_gemm_bf16" : "implicit_gemm_tf32");
      for (int64_t i = 0; i < expected.count(); ++i) {
        ASSERT_EQ(got.at(i), expected.at(i)) << name_of(kind) << " " << type << " element " << i;
      }
    }
  }
}

constexpr Window kSame{.padding = Window::Padding::same};

TEST(Conv2dMma, LargeTilesForward) {
  expect_exact({1, 111, 111, 8}, {1, 2, 8, 120}, [](const Value& x, const Value& w) { return conv2d(x, w, kSame); });
}

TEST(Conv2dMma, LargeTilesOfTheGradientOfX) {
  expect_exact({1, 111, 111, 8}, {2, 1, 120, 8}, [](const Value& dy, const Value& w) {
    Window window = kSame;
    window.size = {2, 1};
    return conv2d_dgrad(dy, w, window, Shape{1, 111, 111, 120});
  });
}

TEST(Conv2dMma, LargeTilesOfTheGradientOfW) {
  expect_exact({1, 2, 2, 1016}, {1, 2, 2, 1528}, [](const Value& x, const Value& dy) {
    return conv2d_wgrad(x, dy, {}, Shape{1, 1, 1016, 1528});
  });
}

TEST(Conv2dMma, SaysWhatItCannotCopy) {
  try {
    run({1, 4, 4, 8}, {1, 1, 8, 255}, [](const Value& x, const Value& w) { return conv2d(x, w); }, DType::bf16, DeviceKind::sim,
        "implicit_gemm_bf16");
    FAIL() << "255 channels out are no whole chunks";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("8 channels in and 255 out; copies of 16 bytes need multiples of 8"));
  }
}

TEST(Conv2d, NamesBothSidesOfAMismatch) {
  const Value x = input_value("x", DType::f32, Shape{Dim::symbol("batch"), 8, 8, 3}), w = input_value("w", DType::f32, Shape{3, 3, 4, 8});
  try {
    conv2d(x, w);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("input has 3 channels, weight expects 4"));
  }
}

}  // namespace
}  // namespace lamina
