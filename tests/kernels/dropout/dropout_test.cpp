// SPDX-License-Identifier: Apache-2.0
// What op cases cannot say of dropout: its statistics, and that its mask is one and the same wherever it is drawn.
#include "kernels/dropout/dropout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/compile/build_gradients.h"
#include "core/graph/pointwise.h"
#include "core/runtime/cpu/threads.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina {
namespace {

constexpr uint64_t kSeed = 0x0123456789abcdefu;

struct Setting {
  double rate = 0.3;
  std::vector<int> shared_axes = {};
  uint32_t stream = 1;
  int32_t step = 0;
  std::string impl = "";  // the device's first choice
};

HostTensor drop(const HostTensor& x, const Setting& setting, DeviceKind kind = DeviceKind::cpu) {
  const Value input = input_value("x", x.dtype(), x.extents());
  const Value step = input_value("step", DType::i32, {});
  const Value y = dropout(input, setting.rate, kSeed, setting.stream, step, setting.shared_axes);
  PlanOptions options = testing::plan_options(kind);
  if (!setting.impl.empty()) options.forced_impls["dropout"] = setting.impl;
  return testing::run_values(std::vector<Value>{y}, {{"x", x}, {"step", HostTensor::scalar(setting.step)}}, options)[0];
}

HostTensor ones(const Extents& extents) {
  return HostTensor::of<float>(extents, std::vector<float>(static_cast<size_t>(extents.count()), 1.0f));
}

double share_kept(const HostTensor& y) {
  int64_t kept = 0;
  for (const float value : y.as<float>()) kept += value != 0;
  return static_cast<double>(kept) / static_cast<double>(y.count());
}

// The error of a share over n draws has the standard deviation sqrt(p (1 - p) / n); four of them.
TEST(Dropout, KeepsTheRightShareAndTheMean) {
  for (const double rate : {0.05, 0.3, 0.5, 0.9}) {
    const HostTensor y = drop(ones({400, 500}), {.rate = rate});
    const double allowed = 4 * std::sqrt(rate * (1 - rate) / static_cast<double>(y.count()));
    EXPECT_NEAR(share_kept(y), 1 - rate, allowed);
    double sum = 0;
    for (const float value : y.as<float>()) sum += static_cast<double>(value);
    EXPECT_NEAR(sum / static_cast<double>(y.count()), 1.0, allowed / (1 - rate));
  }
}

TEST(Dropout, WhatIsKeptIsScaled) {
  const HostTensor y = drop(ones({1000}), {.rate = 0.2});
  for (const float value : y.as<float>()) EXPECT_TRUE(value == 0.0f || value == 1.25f) << value;
}

// The neighbours of a dropped element are as likely to be dropped as any.
TEST(Dropout, NeighboursAreIndependent) {
  const HostTensor y = drop(ones({200000}), {.rate = 0.5});
  const auto values = y.as<float>();
  for (const size_t distance : {1u, 2u, 3u, 4u, 1024u}) {
    int64_t equal = 0;
    for (size_t i = distance; i < values.size(); ++i) equal += (values[i] != 0) == (values[i - distance] != 0);
    EXPECT_NEAR(static_cast<double>(equal) / static_cast<double>(values.size() - distance), 0.5, 0.005) << distance;
  }
}

TEST(Dropout, EveryStepAndStreamDrawsItsOwnMask) {
  const HostTensor x = ones({64});
  const HostTensor first = drop(x, {.step = 3});
  EXPECT_TRUE(testing::same_bits(first, drop(x, {.step = 3})));
  EXPECT_FALSE(testing::same_bits(first, drop(x, {.step = 4})));
  EXPECT_FALSE(testing::same_bits(first, drop(x, {.stream = 2, .step = 3})));
}

TEST(Dropout, TheGradientHasTheSameMask) {
  const Extents extents{7, 9};
  const Value x = input_value("x", DType::f32, extents), step = input_value("step", DType::i32, {});
  for (const std::vector<int>& shared : {std::vector<int>{}, std::vector<int>{1}}) {
    const Value y = dropout(x, 0.4, kSeed, 0, step, shared);
    const Value dy = full(extents, 1.0);
    const std::vector<Value> gradients =
        build_gradients(std::vector<Value>{y}, std::vector<Value>{dy}, std::vector<Value>{x});
    for (const DeviceKind kind : testing::available_devices()) {
      const auto results = testing::run_values(std::vector<Value>{y, gradients[0]},
                                               {{"x", ones(extents)}, {"step", HostTensor::scalar(int32_t{11})}}, testing::plan_options(kind));
      EXPECT_TRUE(testing::same_bits(results[0], results[1])) << name_of(kind);
      EXPECT_LT(share_kept(results[0]), 0.9);
    }
  }
}

// The mask and the arithmetic are the same everywhere, so the results are the same bits: on every device, with every
// implementation and any number of threads.
TEST(Dropout, IsEqualBitByBitOnAllDevices) {
  const Extents extents{5, 1031};
  HostTensor x(DType::f32, extents);
  for (int64_t i = 0; i < x.count(); ++i) x.as<float>()[static_cast<size_t>(i)] = static_cast<float>(std::sin(static_cast<double>(i + 1)));
  for (const DType type : {DType::f32, DType::bf16, DType::f16}) {
    const HostTensor input = x.cast(type);
    const HostTensor expected = drop(input, {.step = 5, .impl = "reference"});
    for (const DeviceKind kind : testing::available_devices()) {
      EXPECT_TRUE(testing::same_bits(drop(input, {.step = 5, .impl = "quads"}, kind), expected)) << name_of(kind) << " " << type;
      if (kind == DeviceKind::cpu) continue;
      EXPECT_TRUE(testing::same_bits(drop(input, {.step = 5, .impl = "elements"}, kind), expected)) << name_of(kind) << " " << type;
    }
  }
}

TEST(Dropout, DoesNotDependOnTheNumberOfThreads) {
  const HostTensor x = ones({300, 301});
  const int before = threads();
  set_threads(1);
  const HostTensor expected = drop(x, {});
  for (const int count : {2, 3, 7}) {
    set_threads(count);
    EXPECT_TRUE(testing::same_bits(drop(x, {}), expected)) << count;
  }
  set_threads(before);
}

// Keras' noise_shape with 1 at the shared axes: the decisions are those of a tensor of the noise shape.
TEST(Dropout, SharedAxesRepeatTheMaskOfTheNoiseShape) {
  const int64_t batch = 3, time = 4, units = 25;
  const HostTensor noise = drop(ones({batch, units}), {});
  for (const DeviceKind kind : testing::available_devices()) {
    const HostTensor y = drop(ones({batch, time, units}), {.shared_axes = {-2}}, kind);
    for (int64_t i = 0; i < y.count(); ++i) {
      EXPECT_EQ(y.at(i), noise.at(i / (time * units) * units + i % units)) << name_of(kind) << " element " << i;
    }
  }
}

TEST(Dropout, ADroppedInfinityOrNanIsGone) {
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> bad = {inf, -inf, std::nanf(""), 1.0f};
  std::vector<float> values;
  for (int i = 0; i < 64; ++i) values.push_back(bad[static_cast<size_t>(i) % 4]);
  const HostTensor mask = drop(ones({64}), {});
  for (const DeviceKind kind : testing::available_devices()) {
    const HostTensor y = drop(HostTensor::of<float>({64}, values), {}, kind);
    for (int64_t i = 0; i < 64; ++i) EXPECT_EQ(y.at(i) == 0, mask.at(i) == 0) << name_of(kind) << " element " << i;
  }
}

TEST(Dropout, RateZeroIsTheInputItself) {
  const Value x = input_value("x", DType::f32, Shape{Dim::symbol("batch"), 4});
  EXPECT_TRUE(dropout(x, 0, kSeed, 0, input_value("step", DType::i32, {})).same_as(x));
}

TEST(Dropout, TakesSymbolicShapes) {
  const Value x = input_value("x", DType::f32, Shape{Dim::symbol("batch"), 4});
  const Value step = input_value("step", DType::i32, {});
  const Value y = dropout(x, 0.5, kSeed, 0, step, {0});
  EXPECT_EQ(y.type(), x.type());
  const Feed feed = {{"x", ones({6, 4})}, {"step", HostTensor::scalar(int32_t{1})}};
  EXPECT_EQ(testing::run_values(std::vector<Value>{y}, feed, testing::plan_options(DeviceKind::cpu))[0].extents(), (Extents{6, 4}));
}

void expect_refusal(const std::function<Value()>& build, const std::string& part) {
  try {
    build();
    FAIL() << "accepted, expected: " << part;
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr(part));
  }
}

TEST(Dropout, RefusesWhatIsNotARateAStepOrAnAxis) {
  const Value x = input_value("x", DType::f32, Shape{3, 4});
  const Value step = input_value("step", DType::i32, {});
  for (const double rate : {1.0, -0.1, 1.5, std::nan("")}) {
    expect_refusal([&] { return dropout(x, rate, kSeed, 0, step); }, "rate is the share that is dropped, in [0, 1), got");
  }
  expect_refusal([&] { return dropout(x, 0.5, kSeed, 0, x); }, "step must be a scalar i32");
  expect_refusal([&] { return dropout(x, 0.5, kSeed, 0, input_value("step", DType::f32, {})); }, "step must be a scalar i32");
  expect_refusal([&] { return dropout(x, 0.5, kSeed, 0, step, {2}); }, "axis 2");
  expect_refusal([&] { return dropout(cast(x, DType::i32), 0.5, kSeed, 0, step); }, "needs a floating type");
}

}  // namespace
}  // namespace lamina
