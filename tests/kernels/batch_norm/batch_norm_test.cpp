// SPDX-License-Identifier: Apache-2.0
// What op cases cannot say of batch_norm: wrong calls, channels that are constant, of no rows, not finite, or far from their
// first rows; by every implementation of every device.
#include "kernels/batch_norm/batch_norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "core/compile/build_gradients.h"
#include "core/graph/pointwise.h"
#include "kernels/all_ops.h"
#include "tests/testing/devices.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

constexpr double kEpsilon = 1e-3;

struct Outcome {
  std::string impl;  // "sim/columns"
  HostTensor y, mean, variance;
};

// x (rows, channels), normalised with gamma 2 and beta 0.25.
std::vector<Outcome> run_all(const HostTensor& x) {
  static const OpRegistry ops = kernels::all_ops();
  const Extents channels{x.extents()[1]};
  const Value input = input_value("x", x.dtype(), x.extents());
  const Value gamma = full(channels, 2), beta = full(channels, 0.25);
  const BatchNormResult result = batch_norm(input, gamma, beta, {.epsilon = kEpsilon});
  std::vector<Outcome> runs;
  for (const DeviceKind kind : testing::available_devices()) {
    for (const KernelImpl* impl : ops.impls("batch_norm", kind)) {
      PlanOptions options = testing::plan_options(kind);
      options.forced_impls["batch_norm"] = impl->name;
      const std::vector<HostTensor> outputs =
          testing::run_values(std::vector<Value>{result.y, result.mean, result.variance}, {{"x", x}}, options);
      runs.push_back({text(kind, "/", impl->name), outputs[0], outputs[1], outputs[2]});
    }
  }
  return runs;
}

HostTensor column(int64_t rows, const std::function<float(int64_t)>& number) {
  std::vector<float> values;
  for (int64_t i = 0; i < rows; ++i) values.push_back(number(i));
  return HostTensor::of<float>({rows, 1}, values);
}

TEST(BatchNorm, AConstantChannelGivesBeta) {
  for (const Outcome& run : run_all(column(1000, [](int64_t) { return 12345.678f; }))) {
    SCOPED_TRACE(run.impl);
    EXPECT_EQ(run.mean.at(0), 12345.678f);
    EXPECT_EQ(run.variance.at(0), 0);
    for (int64_t i = 0; i < 1000; ++i) ASSERT_NEAR(run.y.at(i), 0.25, 0x1p-23) << i;
  }
}

TEST(BatchNorm, NoRowsHaveZeroMeanAndVariance) {
  for (const Outcome& run : run_all(HostTensor(DType::f32, {0, 3}))) {
    for (int64_t i = 0; i < 3; ++i) {
      EXPECT_EQ(run.mean.at(i), 0) << run.impl;
      EXPECT_EQ(run.variance.at(i), 0) << run.impl;
    }
  }
}

// Moments are taken about the first rows. Where these lie far from the rest, the mean is off by a rounding of that distance, and
// the variance, joined from small parts, by no more than it would be anyway.
TEST(BatchNorm, FirstRowsFarFromAllOthersDoNoHarm) {
  constexpr int64_t kRows = 50000;
  const HostTensor x = column(kRows, [](int64_t i) { return i < 3 ? 500.0f : std::sin(static_cast<float>(i)); });
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < kRows; ++i) sum += x.at(i);
  for (int64_t i = 0; i < kRows; ++i) squares += std::pow(x.at(i) - sum / kRows, 2);
  for (const Outcome& run : run_all(x)) {
    EXPECT_NEAR(run.mean.at(0), sum / kRows, 500 * 0x1p-24) << run.impl;
    EXPECT_NEAR(run.variance.at(0), squares / kRows, 2e-6 * squares / kRows) << run.impl;
  }
}

TEST(BatchNorm, ANotANumberStaysInItsChannel) {
  HostTensor x = HostTensor(DType::f32, {70, 3});
  for (int64_t i = 0; i < x.count(); ++i) x.as<float>()[static_cast<size_t>(i)] = static_cast<float>(i % 7);
  x.as<float>()[3 * 40 + 1] = std::nanf("");
  for (const Outcome& run : run_all(x)) {
    SCOPED_TRACE(run.impl);
    for (int64_t i = 0; i < 3; ++i) {
      EXPECT_EQ(std::isnan(run.mean.at(i)), i == 1);
      EXPECT_EQ(std::isnan(run.variance.at(i)), i == 1);
    }
    for (int64_t i = 0; i < x.count(); ++i) ASSERT_EQ(std::isnan(run.y.at(i)), i % 3 == 1) << i;
  }
}

TEST(BatchNorm, RefusesAGradientThroughItsStatistics) {
  const Value x = input_value("x", DType::f32, {8, 3});
  const BatchNormResult result = batch_norm(x, full({3}, 1), full({3}, 0));
  for (const Value& statistic : {result.mean, result.variance}) {
    testing::expect_error(
        ErrorKind::model,
        "[batch_norm] node \"batch_norm\": no gradient flows through mean and variance, which are for moving statistics; compute "
        "them with mean() and square() where a loss depends on them",
        [&] { build_gradients(std::vector<Value>{statistic}, std::vector<Value>{Value()}, std::vector<Value>{x}); });
  }
}

TEST(BatchNorm, RefusesWrongCalls) {
  const auto x = [](DType type = DType::f32) { return input_value("x", type, {8, 3}); };
  const auto refuses = [](const std::string& message, const std::function<void()>& call) {
    testing::expect_error(ErrorKind::model, "[batch_norm] node \"batch_norm\": " + message, call);
  };
  const Value one = full({3}, 1);
  refuses("takes floats, got i32; use cast()", [&] { batch_norm(x(DType::i32), one, one); });
  refuses("x must be (..., channels) with two axes or more, got (3,)", [&] { batch_norm(one, one, one); });
  refuses("gamma must be f32(3,), got f32(4,)", [&] { batch_norm(x(), full({4}, 1), one); });
  refuses("beta must be f32(3,), got bf16(3,)", [&] { batch_norm(x(DType::bf16), one, full({3}, 1, DType::bf16)); });
  refuses("the residual must be bf16(8, 3), got f32(8, 3)", [&] { batch_norm(x(DType::bf16), one, one, {}, x()); });
  refuses("epsilon must be above 0, got 0", [&] { batch_norm(x(), one, one, {.epsilon = 0}); });
  refuses("the slope must be a number, got nan", [&] { batch_norm(x(), one, one, {.slope = std::nan("")}); });
}

}  // namespace
}  // namespace lamina
