// SPDX-License-Identifier: Apache-2.0
// What op cases cannot say of softmax: rows of one element, rows without an answer, and wrong calls.
#include "kernels/softmax/softmax.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/graph/pointwise.h"
#include "kernels/all_ops.h"
#include "tests/testing/devices.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNan = std::nanf("");

using Op = Value (*)(const Value&, int);

struct Outcome {
  std::string impl;  // "sim/warp_rows"
  std::vector<float> values;
};

// The op by every implementation of every device that accepts.
std::vector<Outcome> run_all(Op op, const Extents& extents, const std::vector<float>& x, int axis) {
  static const OpRegistry ops = kernels::all_ops();
  const Value input = input_value("x", DType::f32, extents);
  const Value y = op(input, axis);
  std::vector<Outcome> runs;
  for (const DeviceKind kind : testing::available_devices()) {
    for (const KernelImpl* impl : ops.impls(y.node()->op->name, kind)) {
      const std::vector<TensorType> types = {input.type()};
      if (!impl->accepts({y.node()->attributes, types, y.node()->outputs}).accepted()) continue;
      PlanOptions options = testing::plan_options(kind);
      options.forced_impls[y.node()->op->name] = impl->name;
      const HostTensor result = testing::run_values(std::vector<Value>{y}, {{"x", HostTensor::of<float>(extents, x)}}, options)[0];
      runs.push_back({text(kind, "/", impl->name), {result.as<float>().begin(), result.as<float>().end()}});
    }
  }
  return runs;
}

TEST(Softmax, GivesKnownNumbers) {
  for (const Outcome& run : run_all(softmax, {3}, {1, 2, 3}, 0)) {
    EXPECT_THAT(run.values, ::testing::Pointwise(::testing::FloatNear(1e-7f), {0.09003057f, 0.24472847f, 0.66524096f})) << run.impl;
  }
  for (const Outcome& run : run_all(log_softmax, {3}, {1, 2, 3}, 0)) {
    EXPECT_THAT(run.values, ::testing::Pointwise(::testing::FloatNear(3e-7f), {-2.4076059f, -1.4076059f, -0.4076059f})) << run.impl;
  }
}

TEST(Softmax, ARowOfOneIsCertain) {
  for (const int axis : {0, 1, 2}) {
    Extents extents{2, 3, 2};
    extents[axis] = 1;
    const auto count = static_cast<size_t>(extents.count());
    const std::vector<float> x(count, -40.0f);
    for (const Outcome& run : run_all(softmax, extents, x, axis)) EXPECT_EQ(run.values, std::vector<float>(count, 1.0f)) << run.impl;
    for (const Outcome& run : run_all(log_softmax, extents, x, axis)) EXPECT_EQ(run.values, std::vector<float>(count, 0.0f)) << run.impl;
  }
}

TEST(Softmax, HugeElementsDoNotOverflow) {
  for (const Outcome& run : run_all(softmax, {2, 2}, {1000, 1000, -3e38f, 3e38f}, 1)) {
    EXPECT_EQ(run.values, (std::vector<float>{0.5f, 0.5f, 0.0f, 1.0f})) << run.impl;
  }
  for (const Outcome& run : run_all(log_softmax, {1, 2}, {200, -200}, 1)) {
    EXPECT_EQ(run.values, (std::vector<float>{0.0f, -400.0f})) << run.impl;
  }
}

TEST(Softmax, AMaskedPlaceHasProbabilityZero) {
  for (const int axis : {0, 1}) {
    const Extents extents = axis ? Extents{1, 4} : Extents{4, 1};
    for (const Outcome& run : run_all(softmax, extents, {-kInf, 2, -kInf, 2}, axis)) {
      EXPECT_EQ(run.values, (std::vector<float>{0.0f, 0.5f, 0.0f, 0.5f})) << run.impl;
    }
    for (const Outcome& run : run_all(log_softmax, extents, {-kInf, 2, -kInf, -kInf}, axis)) {
      EXPECT_EQ(run.values, (std::vector<float>{-kInf, 0.0f, -kInf, -kInf})) << run.impl;
    }
  }
}

// A bad number shows at least where it stands (oneDNN), else in the whole row, and never in another.
TEST(Softmax, ARowWithoutAnAnswerIsNan) {
  const std::vector<std::vector<float>> bad_rows = {{1, kNan, 2, 0}, {1, kInf, 2, 0}, {-kInf, -kInf, -kInf, -kInf}, {-kInf, kNan, -kInf, 0}};
  for (const Op op : {Op(softmax), Op(log_softmax)}) {
    for (const std::vector<float>& bad : bad_rows) {
      for (const bool along_rows : {true, false}) {
        std::vector<float> x = {1, 2, 3, 4};
        x.insert(x.end(), bad.begin(), bad.end());
        if (!along_rows) {
          std::vector<float> transposed;
          for (size_t i = 0; i < 4; ++i) transposed.push_back(x[i]), transposed.push_back(x[4 + i]);
          x = transposed;
        }
        const auto runs = along_rows ? run_all(op, {2, 4}, x, 1) : run_all(op, {4, 2}, x, 0);
        for (const Outcome& run : runs) {
          for (size_t i = 0; i < 4; ++i) {
            const float good = run.values[along_rows ? i : 2 * i], spoilt = run.values[along_rows ? 4 + i : 2 * i + 1];
            EXPECT_TRUE(std::isfinite(good)) << run.impl;
            if (run.impl == "cpu/onednn" && i != 1) continue;
            EXPECT_TRUE(std::isnan(spoilt)) << run.impl << " element " << i;
          }
        }
      }
    }
  }
}

TEST(Softmax, RefusesWrongAxesAndTypes) {
  const Value x = input_value("x", DType::f32, Shape{Dim::symbol("batch"), 4});
  EXPECT_THAT(testing::refusal([&] { softmax(x, 2); }), ::testing::HasSubstr("softmax: axis 2"));
  EXPECT_THAT(testing::refusal([&] { log_softmax(x, -3); }), ::testing::HasSubstr("log_softmax: axis -3"));
  EXPECT_THAT(testing::refusal([&] { softmax(input_value("s", DType::f32, {}), 0); }), ::testing::HasSubstr("axis 0"));
  EXPECT_THAT(testing::refusal([&] { softmax(cast(x, DType::i32)); }),
              ::testing::HasSubstr("[softmax] node \"softmax\": needs a floating type, got i32"));
}

}  // namespace
}  // namespace lamina
