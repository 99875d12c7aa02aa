// SPDX-License-Identifier: Apache-2.0
// BatchNormalization against Keras on every device: outputs, gradients, and where the moving statistics go over several steps.
#include <gtest/gtest.h>

#include "core/compile/build_gradients.h"
#include "core/graph/graph.h"
#include "tests/layers/golden_layer.h"
#include "tests/testing/devices.h"
#include "tests/testing/golden.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

using nlohmann::json;
using testing::is_golden;
using testing::tensor_of;

struct TracedNorm {
  std::vector<std::shared_ptr<Variable>> weights;
  Graph graph;  // outputs: y, x/gradient, gamma/gradient, beta/gradient
};

TracedNorm traced(const json& config, const HostTensor& input) {
  const BatchNormalization layer = testing::golden_batch_normalization(config.at("args"));
  layer.set_trainable(config.at("trainable"));
  Shape shape;
  for (int axis = 1; axis < input.extents().rank(); ++axis) shape.push_back(Dim(input.extents()[axis]));
  const Value x = Input(shape, {.name = "x"});
  const Network network({x}, {layer(x)});

  TracedNorm made;
  CallContext context;
  context.training = config.at("training");
  context.frozen = network.frozen_layers();
  const std::vector<Value> leaves = network.input_leaves();
  const Value y = network.trace(context, leaves).at(0);
  made.graph.outputs.push_back({"y", y});
  std::vector<std::string> names = {"x"};
  std::vector<Value> wanted = leaves;
  for (const NamedVariable& named : network.weights()) {
    made.weights.push_back(named.variable);
    if (!named.variable->trainable) continue;
    names.push_back(named.variable->name);
    wanted.push_back(context.stored(named.variable));
  }
  const Value cotangent = input_value("cotangent", DType::f32, y.shape());
  const std::vector<Value> gradients = build_gradients(std::vector<Value>{y}, std::vector<Value>{cotangent}, wanted);
  for (size_t i = 0; i < gradients.size(); ++i) made.graph.outputs.push_back({names[i] + "/gradient", gradients[i]});
  for (const auto& [variable, value] : context.updates()) made.graph.updates.push_back({variable, value});
  return made;
}

class GoldenBatchNormalization : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenBatchNormalization, GoesStepByStepAsKeras) {
  const json golden = testing::load_golden(GetParam());
  const TracedNorm layer = traced(golden.at("config"), tensor_of(golden.at("steps")[0].at("inputs")[0]));
  const testing::NamedTensors weights = testing::named_tensors_of(golden.at("weights"));
  ASSERT_EQ(layer.weights.size(), weights.size());
  for (const DeviceKind device : testing::available_devices()) {
    SCOPED_TRACE(name_of(device));
    for (size_t i = 0; i < weights.size(); ++i) {
      ASSERT_EQ(layer.weights[i]->name, weights[i].first);
      layer.weights[i]->assign(weights[i].second);
    }
    for (const json& step : golden.at("steps")) {
      const Feed feed = {{"x", tensor_of(step.at("inputs")[0])}, {"cotangent", tensor_of(step.at("cotangents")[0])}};
      const Feed results = testing::run_graph(layer.graph, feed, testing::plan_options(device));
      const json& expected = step.at("expected");
      EXPECT_TRUE(is_golden(results.at("y"), expected.at("outputs")[0]));
      EXPECT_TRUE(is_golden(results.at("x/gradient"), expected.at("grad_inputs")[0]));
      ASSERT_EQ(results.size(), 2 + expected.at("grad_weights").size());
      for (const auto& [name, gradient] : testing::named_tensors_of(expected.at("grad_weights"))) {
        EXPECT_TRUE(is_golden(results.at(name + "/gradient"), gradient)) << name;
      }
      const testing::NamedTensors after = testing::named_tensors_of(expected.at("weights_after"));
      for (size_t i = 0; i < after.size(); ++i) EXPECT_TRUE(is_golden(layer.weights[i]->read(), after[i].second)) << after[i].first;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Keras, GoldenBatchNormalization, ::testing::ValuesIn(testing::golden_names("batch_normalization")),
                         testing::golden_case_name);

}  // namespace
}  // namespace lamina
