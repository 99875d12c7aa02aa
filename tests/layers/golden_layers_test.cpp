// SPDX-License-Identifier: Apache-2.0
// Every layer against Keras: outputs, masks, and the gradients of sum(output * cotangent) by inputs, states and weights,
// on every device; a stateful layer over several steps.
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

// One layer as a network, traced with its gradients. The graph's outputs are named output_0, mask, input_gradient_0,
// weight_gradient_0, ...
struct TracedLayer {
  LayerHandle layer;
  std::shared_ptr<Network> network;
  std::vector<std::shared_ptr<Variable>> weights, states;
  Graph graph;
};

bool has_dropout(const json& args) {
  return args.value("rate", 0.0) > 0 || args.value("dropout", 0.0) > 0 || args.value("recurrent_dropout", 0.0) > 0;
}

// `step` holds inputs, and where given initial_state, mask and cotangents.
TracedLayer traced(const json& config, const json& step) {
  TracedLayer made{testing::golden_layer(config), {}, {}, {}, {}};
  const bool stateful = config.at("args").value("stateful", false);
  std::vector<Value> inputs;
  std::vector<json> arrays = step.at("inputs");
  if (step.contains("initial_state")) arrays.insert(arrays.end(), step.at("initial_state").begin(), step.at("initial_state").end());
  for (const json& array : arrays) {
    const HostTensor tensor = tensor_of(array);
    Shape shape;
    for (int axis = 1; axis < tensor.extents().rank(); ++axis) shape.push_back(Dim(tensor.extents()[axis]));
    InputOptions options{.name = text("x", inputs.size()), .dtype = tensor.dtype()};
    if (stateful) options.batch_size = tensor.extents()[0];
    inputs.push_back(Input(shape, options));
  }
  made.network = std::make_shared<Network>(inputs, made.layer.outputs(inputs));

  CallContext context;
  context.training = !has_dropout(config.at("args"));
  const std::vector<Value> leaves = made.network->input_leaves();
  if (step.contains("mask")) {
    const Shape& x = leaves[0].shape();
    context.set_mask(leaves[0], input_value("mask", DType::boolean, Shape{x[0], x[1]}));
  }
  const std::vector<Value> outputs = made.network->trace(context, leaves);
  std::vector<Value> cotangents;
  for (size_t i = 0; i < outputs.size(); ++i) {
    made.graph.outputs.push_back({text("output_", i), outputs[i]});
    cotangents.push_back(input_value(text("cotangent_", i), DType::f32, outputs[i].shape()));
  }
  if (context.mask_of(outputs[0]).exists()) made.graph.outputs.push_back({"mask", context.mask_of(outputs[0])});

  std::vector<Value> wanted = leaves;
  for (const auto& [path, variable] : all_variables(*made.layer.layer())) {
    (variable->is_state ? made.states : made.weights).push_back(variable);
    if (!variable->is_state) wanted.push_back(context.read(variable));
  }
  const std::vector<Value> gradients = build_gradients(outputs, cotangents, wanted);
  for (size_t i = 0; i < gradients.size(); ++i) {
    const std::string name = i < leaves.size() ? text("input_gradient_", i) : text("weight_gradient_", i - leaves.size());
    if (gradients[i].exists()) made.graph.outputs.push_back({name, gradients[i]});
  }
  for (const auto& [variable, value] : context.updates()) made.graph.updates.push_back({variable, value});
  return made;
}

Feed feed_of(const json& step) {
  Feed feed;
  size_t count = 0;
  for (const json& array : step.at("inputs")) feed.emplace(text("x", count++), tensor_of(array));
  if (step.contains("initial_state")) {
    for (const json& array : step.at("initial_state")) feed.emplace(text("x", count++), tensor_of(array));
  }
  if (step.contains("mask")) feed.emplace("mask", tensor_of(step.at("mask")));
  count = 0;
  for (const json& array : step.at("cotangents")) feed.emplace(text("cotangent_", count++), tensor_of(array));
  return feed;
}

void expect_golden(const Feed& results, const std::string& name, const json& expected) {
  ASSERT_EQ(results.contains(name), !expected.is_null()) << name;
  if (expected.is_null()) return;
  EXPECT_TRUE(is_golden(results.at(name), expected)) << name;
}

void expect_step(const Feed& results, const json& expected) {
  for (size_t i = 0; i < expected.at("outputs").size(); ++i) expect_golden(results, text("output_", i), expected.at("outputs")[i]);
  EXPECT_FALSE(results.contains(text("output_", expected.at("outputs").size())));
  expect_golden(results, "mask", expected.at("output_mask"));
  size_t inputs = 0;
  for (const json& gradient : expected.at("grad_inputs")) expect_golden(results, text("input_gradient_", inputs++), gradient);
  if (expected.contains("grad_initial_state")) {
    for (const json& gradient : expected.at("grad_initial_state")) expect_golden(results, text("input_gradient_", inputs++), gradient);
  }
  for (size_t i = 0; i < expected.at("grad_weights").size(); ++i) {
    SCOPED_TRACE(expected.at("grad_weights")[i].at("name").get<std::string>());
    expect_golden(results, text("weight_gradient_", i), expected.at("grad_weights")[i].at("value"));
  }
}

class GoldenLayer : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenLayer, ComputesAsKeras) {
  const json golden = testing::load_golden(GetParam());
  const json steps = golden.contains("steps") ? golden.at("steps") : json::array({golden});
  const TracedLayer layer = traced(golden.at("config"), steps[0]);
  const testing::NamedTensors weights = testing::named_tensors_of(golden.at("weights"));
  ASSERT_EQ(layer.weights.size(), weights.size());

  for (const DeviceKind device : testing::available_devices()) {
    SCOPED_TRACE(name_of(device));
    for (size_t i = 0; i < weights.size(); ++i) layer.weights[i]->assign(weights[i].second);
    for (const json& step : steps) {
      if (step.value("reset_before", false)) {
        for (const auto& state : layer.states) state->assign(HostTensor(state->dtype, state->extents));
      }
      const Feed results = testing::run_graph(layer.graph, feed_of(step), testing::plan_options(device));
      expect_step(results, step.at("expected"));
      if (!golden.contains("steps")) continue;
      ASSERT_EQ(layer.states.size(), step.at("expected").at("states_after").size());
      for (size_t i = 0; i < layer.states.size(); ++i) {
        EXPECT_TRUE(is_golden(layer.states[i]->read(), step.at("expected").at("states_after")[i])) << layer.states[i]->name;
      }
    }
  }
}

// The names by which Keras knows the weights of a layer and of those inside it.
TEST_P(GoldenLayer, NamesItsWeightsAsKeras) {
  const json golden = testing::load_golden(GetParam());
  const json& first = golden.contains("steps") ? golden.at("steps")[0] : golden;
  const TracedLayer layer = traced(golden.at("config"), first);
  std::vector<std::string> names;
  for (const auto& [path, variable] : all_variables(*layer.layer.layer())) {
    if (!variable->is_state) names.push_back(path);
  }
  ASSERT_EQ(names.size(), golden.at("weights").size());
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string expected = golden.at("weights")[i].at("name");
    EXPECT_TRUE(names[i] == expected || names[i].ends_with("/" + expected)) << names[i] << " against " << expected;
  }
}

INSTANTIATE_TEST_SUITE_P(Keras, GoldenLayer, ::testing::ValuesIn(testing::golden_names("layers")), testing::golden_case_name);

}  // namespace
}  // namespace lamina
