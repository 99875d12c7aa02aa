// SPDX-License-Identifier: Apache-2.0
// Penalties on weights against Keras: mse, penalty and the gradient of their sum, of Dense and LSTM layers.
#include <gtest/gtest.h>

#include "core/compile/build_gradients.h"
#include "core/graph/reduce.h"
#include "layers/dense.h"
#include "layers/lstm.h"
#include "losses/losses.h"
#include "tests/testing/devices.h"
#include "tests/testing/golden.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

using nlohmann::json;
using testing::is_golden;

Regularizer regularizer_of(const json& args, const std::string& name) {
  if (!args.contains(name)) return {};
  const std::string type = args.at(name).at("class");
  const json& factors = args.at(name).at("args");
  if (type == "L1") return l1(factors.at("l1"));
  if (type == "L2") return l2(factors.at("l2"));
  if (type == "L1L2") return l1_l2(factors.at("l1"), factors.at("l2"));
  throw std::runtime_error("the golden file has an unknown regularizer " + type);
}

LayerHandle layer_of_golden(const json& config) {
  const json& args = config.at("args");
  if (config.at("class") == "Dense") {
    return Dense(args.at("units"), {.activation = args.at("activation").get<std::string>(),
                                    .use_bias = args.at("use_bias"),
                                    .kernel_regularizer = regularizer_of(args, "kernel_regularizer"),
                                    .bias_regularizer = regularizer_of(args, "bias_regularizer")});
  }
  if (config.at("class") == "LSTM") {
    return LSTM(args.at("units"), {.kernel_regularizer = regularizer_of(args, "kernel_regularizer"),
                                   .recurrent_regularizer = regularizer_of(args, "recurrent_regularizer"),
                                   .bias_regularizer = regularizer_of(args, "bias_regularizer")});
  }
  throw std::runtime_error("the golden file has an unknown layer " + config.at("class").dump());
}

class GoldenRegularizer : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenRegularizer, AddsTheSamePenaltyAsKeras) {
  const json golden = testing::load_golden(GetParam());
  ASSERT_EQ(golden.at("config").at("loss"), "mean_squared_error");
  const json& expected = golden.at("expected");
  const Feed feed = {{"x", testing::tensor_of(golden.at("inputs").at("x"))},
                     {"y", testing::tensor_of(golden.at("inputs").at("y"))}};
  const Value x = input_value("x", DType::f32, feed.at("x").extents()),
              y = input_value("y", DType::f32, feed.at("y").extents());

  const LayerHandle handle = layer_of_golden(golden.at("config"));
  CallContext context;
  const Value output = handle.layer()->apply(context, std::vector<Value>{x}).front();
  std::vector<HostTensor> weights;
  for (const auto& [name, contents] : testing::named_tensors_of(golden.at("weights"))) weights.push_back(contents);
  handle.set_weights(weights);

  const Value data_loss = mean(losses::mse().function(y, output));
  Value penalty;
  std::vector<Value> leaves;
  for (const auto& variable : handle.layer()->own_variables()) {
    leaves.push_back(context.read(variable));
    if (!variable->regularizer) continue;
    const Value own = variable->regularizer(leaves.back());
    penalty = penalty.exists() ? penalty + own : own;
  }
  const Value loss = data_loss + penalty;
  std::vector<Value> wanted = build_gradients(std::vector<Value>{loss}, std::vector<Value>{Value()}, leaves);
  wanted.insert(wanted.end(), {loss, data_loss, penalty});

  for (const DeviceKind device : testing::available_devices()) {
    SCOPED_TRACE(name_of(device));
    const auto results = testing::run_values(wanted, feed, testing::plan_options(device));
    const testing::NamedTensors gradients = testing::named_tensors_of(expected.at("grad_weights"));
    ASSERT_EQ(gradients.size(), leaves.size());
    for (size_t i = 0; i < gradients.size(); ++i)
      EXPECT_TRUE(is_golden(results[i], gradients[i].second)) << gradients[i].first;
    EXPECT_TRUE(is_golden(results[leaves.size()], expected.at("loss")));
    EXPECT_TRUE(is_golden(results[leaves.size() + 1], expected.at("data_loss")));
    EXPECT_TRUE(is_golden(results[leaves.size() + 2], expected.at("penalty")));
  }
}

INSTANTIATE_TEST_SUITE_P(Keras, GoldenRegularizer, ::testing::ValuesIn(testing::golden_names("regularizers")),
                         testing::golden_case_name);

}  // namespace
}  // namespace lamina
