// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "core/compile/build_gradients.h"
#include "core/compile/make_plan.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "core/graph/reshape.h"
#include "kernels/all_ops.h"
#include "kernels/matmul/matmul.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

const Dim kBatch = Dim::symbol("batch");

Plan plan_of(const Graph& graph, bool fuse) {
  static const OpRegistry ops = kernels::all_ops();
  PlanOptions options = testing::plan_options(DeviceKind::cpu);
  options.fuse = fuse;
  return make_plan(graph, {{"batch", 6}}, ops, options);
}

HostTensor ramp(const Extents& extents) {
  std::vector<float> values;
  for (int64_t i = 0; i < extents.count(); ++i) values.push_back(0.1f * static_cast<float>(i % 17) - 0.7f);
  return HostTensor::of<float>(extents, values);
}

TEST(FusePointwise, AChainBecomesOneStep) {
  const Value x = input_value("x", DType::f32, Shape{kBatch, 5});
  const Graph graph{.outputs = {{"y", exp(tanh(x * 2.0) + 1.0) / (x * x + 3.0)}}};
  EXPECT_EQ(plan_of(graph, true).steps.size(), 1u);
  EXPECT_EQ(plan_of(graph, false).steps.size(), 7u);
}

TEST(FusePointwise, AReductionTakesInTheChainBeforeIt) {
  const Value x = input_value("x", DType::f32, Shape{kBatch, 5}), t = input_value("t", DType::f32, Shape{kBatch, 5});
  const Graph graph{.outputs = {{"y", mean(square(x - t))}}};
  const Plan plan = plan_of(graph, true);
  ASSERT_EQ(plan.steps.size(), 1u);
  EXPECT_EQ(plan.steps[0].op->name, "reduce");
}

TEST(FusePointwise, WhatOthersReadStaysAnOutputOfTheGroup) {
  const Value x = input_value("x", DType::f32, Shape{kBatch, 5});
  const Value y = tanh(x);
  const Graph graph{.outputs = {{"y", y}, {"z", y * 2.0}}};
  const Plan plan = plan_of(graph, true);
  ASSERT_EQ(plan.steps.size(), 1u);
  EXPECT_EQ(plan.steps[0].outputs.size(), 2u);
}

// x -> a -> (matmul) -> b + a: fusing a with the addition would need the product before it exists.
TEST(FusePointwise, NeverPutsANodeOnBothSidesOfAnother) {
  const Value x = input_value("x", DType::f32, Shape{kBatch, 5}), w = input_value("w", DType::f32, Shape{5, 5});
  const Value a = tanh(x);
  const Graph graph{.outputs = {{"y", matmul(a, w) + a}}};
  EXPECT_EQ(plan_of(graph, true).steps.size(), 3u);
}

// v is written by the group that holds a; the product reads v's old contents through a reshape and a itself: the group must
// not take the update in, or neither could run first.
TEST(FusePointwise, LeavesAnUpdateBehindReadersThroughAReshape) {
  auto v = std::make_shared<Variable>("v", DType::f32, Extents{6, 5}, true);
  v->assign(ramp({6, 5}));
  const Value x = input_value("x", DType::f32, Shape{6, 5}), old = variable_value(v);
  const Value a = tanh(x);
  const Graph graph{.outputs = {{"y", matmul(reshape(a, Shape{5, 6}), reshape(old, Shape{6, 5}))}}, .updates = {{v, old - a}}};
  for (const DeviceKind kind : testing::available_devices()) {
    v->assign(ramp({6, 5}));
    const HostTensor y = testing::run_graph(graph, {{"x", ramp({6, 5})}}, testing::plan_options(kind)).at("y");
    double expected = 0;
    for (int64_t k = 0; k < 6; ++k) expected += std::tanh(ramp({30}).at(k)) * ramp({30}).at(5 * k);
    EXPECT_NEAR(y.at(0), expected, 1e-6);
    EXPECT_NEAR(v->read().at(7), ramp({30}).at(7) - std::tanh(ramp({30}).at(7)), 1e-6);
  }
}

// A value that memory would have truncated must not stay in a register.
TEST(FusePointwise, KeepsTheRoundingOfACastToWholeNumbers) {
  const Value x = input_value("x", DType::f32, Shape{kBatch, 5});
  const Graph graph{.outputs = {{"y", cast(cast(x * 10.0, DType::i32), DType::f32) * 0.5}}};
  const Feed feed = {{"x", ramp({6, 5})}};
  for (const DeviceKind kind : testing::available_devices()) {
    const HostTensor y = testing::run_graph(graph, feed, testing::plan_options(kind)).at("y");
    for (int64_t i = 0; i < y.count(); ++i) EXPECT_EQ(y.at(i), 0.5 * static_cast<int>(feed.at("x").as<float>()[static_cast<size_t>(i)] * 10.0f));
  }
}

TEST(FusePointwise, ForwardAndBackwardAgreeWithAndWithout) {
  const Value x = input_value("x", DType::f32, Shape{kBatch, 5}), w = input_value("w", DType::f32, Shape{5});
  const Value y = mean(square(sigmoid(x * w) * softplus(x) - silu(w)));
  const auto gradients = build_gradients(std::vector<Value>{y}, std::vector<Value>{Value()}, std::vector<Value>{x, w});
  const std::vector<Value> wanted = {y, gradients[0], gradients[1]};
  const Feed feed = {{"x", ramp({6, 5})}, {"w", ramp({5})}};
  for (const DeviceKind kind : testing::available_devices()) {
    PlanOptions options = testing::plan_options(kind);
    const auto fused = testing::run_values(wanted, feed, options);
    options.fuse = false;
    const auto plain = testing::run_values(wanted, feed, options);
    for (size_t i = 0; i < wanted.size(); ++i) {
      for (int64_t k = 0; k < fused[i].count(); ++k) EXPECT_NEAR(fused[i].at(k), plain[i].at(k), 1e-6);
    }
  }
}

}  // namespace
}  // namespace lamina
