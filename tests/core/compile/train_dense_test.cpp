// SPDX-License-Identifier: Apache-2.0
// The whole way of a training step, by hand: a dense layer, mean squared error, gradients and SGD, on every device.
#include <gtest/gtest.h>

#include <cmath>

#include "core/compile/build_gradients.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "kernels/all_ops.h"
#include "kernels/matmul/matmul.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

HostTensor wave(const Extents& extents, double scale) {
  std::vector<float> values;
  for (int64_t i = 0; i < extents.count(); ++i) values.push_back(static_cast<float>(scale * std::sin(static_cast<double>(i + 1))));
  return HostTensor::of<float>(extents, values);
}

struct DenseModel {
  std::shared_ptr<Variable> kernel = std::make_shared<Variable>("kernel", DType::f32, Extents{5, 3}, true);
  std::shared_ptr<Variable> bias = std::make_shared<Variable>("bias", DType::f32, Extents{3}, true);
  Graph graph;

  DenseModel() {
    kernel->assign(wave({5, 3}, 0.4));
    bias->assign(wave({3}, 0.1));
    const Value x = input_value("x", DType::f32, Shape{Dim::symbol("batch"), 5});
    const Value t = input_value("t", DType::f32, Shape{Dim::symbol("batch"), 3});
    const Value w = variable_value(kernel), b = variable_value(bias);
    const Value y = tanh(matmul(x, w) + b);
    graph.loss = mean(square(y - t));
    const std::vector<Value> gradients = build_gradients(std::vector<Value>{graph.loss}, std::vector<Value>{Value()}, std::vector<Value>{w, b});
    graph.updates = {{kernel, w - 0.5 * gradients[0]}, {bias, b - 0.5 * gradients[1]}};
    graph.outputs = {{"loss", graph.loss}};
  }
};

std::vector<double> train(DeviceKind kind, int steps, bool fuse) {
  DenseModel model;
  const Feed feed = {{"x", wave({4, 5}, 1.0)}, {"t", wave({4, 3}, 0.7)}};
  PlanOptions options = testing::plan_options(kind);
  options.fuse = fuse;
  const OpRegistry ops = kernels::all_ops();
  auto plan = std::make_shared<const Plan>(make_plan(model.graph, testing::bindings_of(model.graph, feed), ops, options));
  Executor executor(plan, testing::device(kind));
  std::vector<double> losses;
  for (int step = 0; step < steps; ++step) losses.push_back(executor.run(feed).at("loss").at(0));
  return losses;
}

TEST(TrainDense, EveryDeviceFollowsTheSameLossCurve) {
  const std::vector<double> expected = train(DeviceKind::cpu, 12, false);
  EXPECT_LT(expected.back(), 0.85 * expected.front());
  for (const DeviceKind kind : testing::available_devices()) {
    for (const bool fuse : {false, true}) {
      const std::vector<double> losses = train(kind, 12, fuse);
      for (size_t i = 0; i < losses.size(); ++i) EXPECT_NEAR(losses[i], expected[i], 1e-6) << name_of(kind) << " step " << i;
    }
  }
}

TEST(TrainDense, TwoRunsAreBitwiseEqual) {
  for (const DeviceKind kind : testing::available_devices()) EXPECT_EQ(train(kind, 5, true), train(kind, 5, true));
}

}  // namespace
}  // namespace lamina
