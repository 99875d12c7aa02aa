// SPDX-License-Identifier: Apache-2.0
// The toy LSTM. With weights that are formulas against float64: losses, prediction and the first gradients are known
// without any framework (docs/golden.md, toy_lstm). With Keras' random weights within the bands of 40 seeds in float64.
#include <gtest/gtest.h>

#include <cmath>

#include "core/compile/build_gradients.h"
#include "layers/lamina.h"
#include "tests/testing/devices.h"
#include "tests/testing/golden.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

using nlohmann::json;

constexpr double kTolerance = 5e-5;  // of float32 over ten steps, absolute, on losses of 100

struct ToySizes {
  int64_t timesteps = 100, vocabulary = 10, embedding = 128, units = 64, dense_units = 64;
};

Model toy_model(const ToySizes& sizes) {
  const Value input = Input({sizes.timesteps}, {.name = "input", .dtype = DType::i32});
  Value x = Embedding(sizes.vocabulary, sizes.embedding)(input);
  x = LSTM(sizes.units)(x);
  x = Dense(sizes.dense_units)(x);
  const Lambda test_loss([](const std::vector<Value>& v) { return relu(0.001 + slice(v[0], 1, 1, 2) + 100.0); }, {.name = "test_loss"});
  return Model({input}, {test_loss({x})});
}

Model formula_model(const json& config) {
  Model model = toy_model({config.at("timesteps"), config.at("vocabulary"), config.at("embedding_dim"), config.at("units"),
                           config.at("dense_units")});
  for (const NamedVariable& named : model.variables()) {
    const std::string& path = named.path;
    std::vector<float> values(static_cast<size_t>(named.variable->count()));
    const size_t units = config.at("units");
    for (size_t i = 0; i < values.size(); ++i) {
      const auto n = static_cast<double>(i + 1);
      double value = 0;
      if (path == "embedding/embeddings") value = 0.05 * std::sin(n);
      if (path == "lstm/kernel") value = 0.1 * std::sin(n);
      if (path == "lstm/recurrent_kernel") value = 0.1 * std::cos(n);
      if (path == "lstm/bias") value = i >= units && i < 2 * units ? 1 : 0;
      if (path == "dense/kernel") value = 0.15 * std::sin(n);
      values[i] = static_cast<float>(value);
    }
    named.variable->assign(HostTensor::of<float>(named.variable->extents, values));
  }
  return model;
}

HostTensor repeated_tokens(int64_t first, int64_t count, int64_t timesteps) {
  std::vector<int32_t> ids;
  for (int64_t token = first; token < first + count; ++token) {
    ids.insert(ids.end(), static_cast<size_t>(timesteps), static_cast<int32_t>(token));
  }
  return HostTensor::of<int32_t>({count, timesteps}, ids);
}

class ToyLstm : public ::testing::TestWithParam<std::string> {
 protected:
  const json golden = testing::load_golden(GetParam());
  const json& config = golden.at("config");
  const json& expected = golden.at("expected");
  const int64_t timesteps = config.at("timesteps");
};

TEST_P(ToyLstm, FollowsTheFloat64Losses) {
  for (const DeviceKind device : testing::available_devices()) {
    SCOPED_TRACE(name_of(device));
    Model model = formula_model(config);
    model.compile({.optimizer = "adam", .loss = {{"test_loss", [](Value, Value y_pred) { return y_pred; }}}, .device = std::string(name_of(device)),
                   .threads = 2});
    const int64_t steps = config.at("steps");
    const History history = model.fit(repeated_tokens(0, config.at("batch"), timesteps), {}, {.epochs = steps, .verbose = 0});
    const std::vector<double>& losses = *history.find("loss");
    const std::vector<double> wanted = expected.at("losses").at("data");
    ASSERT_EQ(losses.size(), wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(losses[i], wanted[i], kTolerance) << "step " << i + 1;
    const HostTensor predicted = model.predict(repeated_tokens(config.at("predict_token"), 1, timesteps));
    EXPECT_EQ(predicted.extents(), (Extents{1, 1}));
    EXPECT_NEAR(predicted.at(0), expected.at("predict").at("data")[0].get<double>(), kTolerance);
  }
}

TEST_P(ToyLstm, HasTheFloat64GradientNormsAtFirst) {
  const Model model = formula_model(config);
  CallContext context;
  context.training = true;
  const std::vector<Value> outputs = model.network().trace(context, model.network().input_leaves());
  const std::vector<std::string> names = {"embedding", "kernel", "recurrent_kernel", "bias", "dense_kernel", "dense_bias"};
  std::vector<Value> weights;
  for (const NamedVariable& named : model.variables()) weights.push_back(context.read(named.variable));
  ASSERT_EQ(weights.size(), names.size());
  const std::vector<Value> gradients = build_gradients(std::vector<Value>{mean(outputs[0])}, std::vector<Value>{Value()}, weights);
  for (const DeviceKind device : testing::available_devices()) {
    const auto results = testing::run_values(gradients, {{"input", repeated_tokens(0, config.at("batch"), timesteps)}},
                                             testing::plan_options(device));
    for (size_t i = 0; i < names.size(); ++i) {
      double squares = 0;
      for (int64_t j = 0; j < results[i].count(); ++j) squares += results[i].at(j) * results[i].at(j);
      const double wanted = expected.at("first_gradient_norms").at(names[i]);
      EXPECT_NEAR(std::sqrt(squares), wanted, 1e-5 * wanted + 1e-9) << names[i] << " on " << name_of(device);
    }
  }
}

struct Band {
  int64_t timesteps;
  double low, high;  // of the tenth epoch's loss
  friend std::ostream& operator<<(std::ostream& out, const Band& band) { return out << "Steps" << band.timesteps; }
};

class ToyLstmFromRandomWeights : public ::testing::TestWithParam<Band> {};

TEST_P(ToyLstmFromRandomWeights, EndsWithinTheBandForEverySeed) {
  const auto [timesteps, low, high] = GetParam();
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(seed);
    Model model = toy_model({.timesteps = timesteps});
    model.compile({.optimizer = "adam", .loss = {{"test_loss", "identity"}}, .device = "cpu", .threads = 2, .seed = seed});
    const History history = model.fit(repeated_tokens(0, 10, timesteps), {}, {.epochs = 10, .verbose = 0});
    const std::vector<double>& losses = *history.find("loss");
    ASSERT_EQ(losses.size(), 10u);
    EXPECT_NEAR(losses[0], 100.001, 0.04);
    for (size_t epoch = 1; epoch < losses.size(); ++epoch) EXPECT_LT(losses[epoch], losses[epoch - 1]) << "epoch " << epoch + 1;
    EXPECT_GE(losses[9], low);
    EXPECT_LE(losses[9], high);
    const double predicted = model.predict(repeated_tokens(5, 1, timesteps)).at(0);  // after one update more
    EXPECT_LT(predicted, losses[9]);
    EXPECT_GT(predicted, losses[9] - 0.4);
  }
}

INSTANTIATE_TEST_SUITE_P(Keras, ToyLstmFromRandomWeights, ::testing::Values(Band{1, 99.92, 99.955}, Band{100, 99.1, 99.8}),
                         [](const auto& band) { return "Steps" + std::to_string(band.param.timesteps); });

INSTANTIATE_TEST_SUITE_P(Float64, ToyLstm, ::testing::ValuesIn(testing::golden_names("toy_lstm")), testing::golden_case_name);

}  // namespace
}  // namespace lamina
