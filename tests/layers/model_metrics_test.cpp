// SPDX-License-Identifier: Apache-2.0
// Every form of `.metrics =`, the names under which they are reported, and the text of every mistake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/testing/expect_error.h"
#include "tests/layers/small_models.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using testing::kX;
using testing::kY;
using testing::passthrough;
using testing::wave;

Value absolute_difference(const Value& y_true, const Value& y_pred) { return abs(y_true - y_pred); }

struct Options {
  Metrics metrics = {};
};
using Form = Metrics::Form;

const HostTensor kOther = wave({10, 1}, 0.2);

// Outputs a (2) and b (1).
Model two() {
  const Value x = Input({4}, {.name = "x"});
  return Model({x}, {Dense(2, {.name = "a"})(x), Dense(1, {.name = "b"})(x)});
}
CompileOptions with(Metrics metrics, Metrics weighted = {}, Losses loss = "mse") {
  return {.optimizer = "sgd",
          .loss = std::move(loss),
          .metrics = std::move(metrics),
          .weighted_metrics = std::move(weighted),
          .device = "cpu",
          .seed = 3};
}
std::vector<std::string> names_of_two(const Metrics& metrics, const Metrics& weighted = {}) {
  Model model = two();
  model.compile(with(metrics, weighted));
  return model.metrics_names();
}
std::vector<std::string> names_of_one(const Metrics& metrics, const Metrics& weighted = {}) {
  const Value x = Input({4}, {.name = "x"});
  Model model({x}, {Dense(2, {.name = "a"})(x)});
  model.compile(with(metrics, weighted));
  return model.metrics_names();
}

TEST(Metrics, EveryFormIsToldFromTheOthers) {
  EXPECT_EQ((Options{}.metrics.form()), Form::flat);
  EXPECT_EQ((Options{.metrics = {"mae"}}.metrics.form()), Form::flat);
  EXPECT_EQ((Options{.metrics = {"mae", metrics::binary_accuracy(), losses::mse()}}.metrics.form()), Form::flat);
  EXPECT_EQ((Options{.metrics = {absolute_difference, "mae"}}.metrics.form()), Form::flat);
  EXPECT_EQ((Options{.metrics = {[](Value, Value y_pred) { return y_pred; }}}.metrics.form()), Form::flat);
  EXPECT_EQ((Options{.metrics = {{"a", {"mae"}}}}.metrics.form()), Form::dict);
  EXPECT_EQ((Options{.metrics = {{"a", "mae"}}}.metrics.form()), Form::dict);
  EXPECT_EQ((Options{.metrics = {{"a", {"mae", "mse"}}, {"b", "mae"}}}.metrics.form()), Form::dict);
  EXPECT_EQ((Options{.metrics = {{"a", {absolute_difference}}, {"b", absolute_difference}}}.metrics.form()), Form::dict);
  EXPECT_EQ(Metrics::by_name({{"a", "mae"}}).form(), Form::dict);
  EXPECT_EQ(Metrics::per_output({{"mae"}, {"mse", "mae"}}).form(), Form::lists);
  EXPECT_EQ(Metrics::per_output({{"mae", "mse"}, {}}).entries().size(), 2u);
}

TEST(MetricNames, StandInTheOrderOfTheLogs) {
  const Value x = Input({4}, {.name = "x"});
  Model model({x}, {Dense(2, {.name = "a"})(x), Dense(1, {.name = "b"})(x)});
  model.compile({.loss = {"mse", "mae"}, .metrics = {NamedMetrics{"a", {"mae"}}}, .device = "cpu"});
  EXPECT_THAT(model.metrics_names(), ElementsAre("loss", "a_loss", "b_loss", "a_mae"));
  EXPECT_EQ(model.evaluate(kX, {kY, wave({10, 1}, 0.2)}).names(), model.metrics_names());
}

TEST(MetricNames, OfAFlatListAreThoseOfEveryOutput) {
  EXPECT_THAT(names_of_two({"mae", "accuracy"}), ElementsAre("loss", "a_loss", "b_loss", "a_mae", "a_accuracy", "b_mae", "b_accuracy"));
  EXPECT_THAT(names_of_one({"mae"}), ElementsAre("loss", "mae"));
}

TEST(MetricNames, OfListsAndDictsGoByOutput) {
  const std::vector<std::string> names = {"loss", "a_loss", "b_loss", "a_mae", "b_mse", "b_accuracy"};
  EXPECT_EQ(names_of_two(Metrics::per_output({{"mae"}, {"mse", "accuracy"}})), names);
  EXPECT_EQ(names_of_two({{"b", {"mse", "accuracy"}}, {"a", "mae"}}), names);
  EXPECT_THAT(names_of_two(Metrics::per_output({{}, {"mse"}})), ElementsAre("loss", "a_loss", "b_loss", "b_mse"));
}

TEST(MetricNames, OfTheSameMetricAreNumbered) {
  EXPECT_THAT(names_of_one({"mae", "mae", "mae"}), ElementsAre("loss", "mae", "mae_1", "mae_2"));
  EXPECT_THAT(names_of_one({"mae"}, {"mae", "mse"}), ElementsAre("loss", "mae", "weighted_mae", "mse"));
  EXPECT_THAT(names_of_two({{"a", {"mae", "mae"}}}), ElementsAre("loss", "a_loss", "b_loss", "a_mae", "a_mae_1"));
}

TEST(MetricNames, NeverHideALoss) {
  const Metric loss{"loss", absolute_difference};
  EXPECT_THAT(names_of_one({loss}), ElementsAre("loss", "loss_1"));
  EXPECT_THAT(names_of_two({loss}), ElementsAre("loss", "a_loss", "b_loss", "a_loss_1", "b_loss_1"));
  EXPECT_THAT(names_of_one({Metric{"a_loss", absolute_difference}}), ElementsAre("loss", "a_loss")) << "one output reports no part";
  Model model = two();
  model.compile(with({loss}));
  const Logs logs = model.evaluate(kX, {kY, kOther});
  EXPECT_EQ(logs.names(), model.metrics_names());
  EXPECT_NEAR(*logs.get("loss"), *logs.get("a_loss") + *logs.get("b_loss"), 1e-6);
}

TEST(MetricFunctions, AreTracedAndAveraged) {
  Model model = two();
  model.compile(with({{"a", {absolute_difference, "mae"}}, {"b", [](Value, Value y_pred) { return y_pred; }}}));
  const Logs logs = model.evaluate(kX, {kY, kOther}, {.batch_size = 3});
  EXPECT_THAT(logs.names(), ElementsAre("loss", "a_loss", "b_loss", "a_function", "a_mae", "b_function"));
  EXPECT_EQ(*logs.get("a_function"), *logs.get("a_mae"));
  const HostTensor predicted = model.predict_all(kX).at("b");
  double mean = 0;
  for (int64_t i = 0; i < 10; ++i) mean += predicted.at(i) / 10;
  EXPECT_NEAR(*logs.get("b_function"), mean, 1e-6);
  expect_error(ErrorKind::model, "[metric] nothing of output \"a\" returned no Value",
               [&] { model.compile(with({{"a", Metric{"nothing", [](const Value&, const Value&) { return Value(); }}}})); });
}

TEST(MetricMistakes, NameTheOutputs) {
  Model model = two();
  for (const bool weighted : {false, true}) {
    const std::string argument = weighted ? "weighted_metrics" : "metrics";
    const auto mistake = [&](const Metrics& metrics, const std::string& message) {
      expect_error(ErrorKind::model, message, [&] { model.compile(weighted ? with({}, metrics) : with(metrics)); });
    };
    mistake({{"aa", {"mae"}}},
            "Unknown entry in " + argument + " dictionary: \"aa\". Only expected the following keys: ['a', 'b'] (did you mean 'a'?)");
    mistake({{"a", "mae"}, {"a", "mse"}}, "The " + argument + " dictionary names \"a\" twice. The model has the outputs ['a', 'b']");
    mistake(Metrics::per_output({{"mae", absolute_difference}}),
            "When passing a list of lists as `" + argument + "`, it should have one entry per model output. The model has 2 outputs, but you "
            "passed " + argument + "=[['mae', <function>]]");
  }
}

TEST(MetricMistakes, LossAndMetricTakeOneKindOfY) {
  const Value x = Input({4}, {.name = "x"});
  Model model({x}, {Dense(3, {.name = "out", .activation = "softmax"})(x)});
  expect_error(ErrorKind::model,
               "[metric] sparse_categorical_accuracy of output \"out\" takes y as i32(batch,), but the loss categorical_crossentropy takes "
               "f32(batch, 3); use the sparse or categorical form of both",
               [&] { model.compile(with({"sparse_categorical_accuracy"}, {}, "categorical_crossentropy")); });
  expect_error(ErrorKind::model,
               "[metric] categorical_accuracy of output \"out\" takes y as f32(batch, 3), but the metric sparse_categorical_accuracy takes "
               "i32(batch,); use the sparse or categorical form of both",
               [&] { model.compile(with({"sparse_categorical_accuracy", "categorical_accuracy"}, {}, passthrough)); });
}

TEST(MaskedMetrics, CountTheValidStepsAlone) {
  const Value tokens = Input({3}, {.name = "tokens", .dtype = DType::i32});
  Model model({tokens}, {Dense(1, {.name = "out", .use_bias = false})(Embedding(4, 2, {.mask_zero = true})(tokens))});
  model.compile(with({"mae"}, {"mse"}));
  const HostTensor x = HostTensor::of<int32_t>({2, 3}, {1, 2, 0, 3, 0, 0}), y = wave({2, 3, 1}, 0.9), predicted = model.predict(x);
  double absolute = 0;
  for (const int64_t valid : {0, 1, 3}) absolute += std::abs(predicted.at(valid) - y.at(valid)) / 3;
  EXPECT_NEAR(*model.evaluate(x, y).get("mae"), absolute, 1e-6);
  // Over batches of one, the valid steps of all of them count alike.
  EXPECT_NEAR(*model.evaluate(x, y, {.batch_size = 1}).get("mae"), absolute, 1e-6);
  // A weighted one divides by the weights of the valid steps.
  const HostTensor weights = HostTensor::of<float>({2, 3}, {1, 3, 5, 2, 7, 9});
  double squares = 0;
  for (const auto& [valid, weight] : {std::pair(0, 1.0), std::pair(1, 3.0), std::pair(3, 2.0)}) {
    squares += weight * (predicted.at(valid) - y.at(valid)) * (predicted.at(valid) - y.at(valid)) / 6;
  }
  const Logs weighted = model.evaluate(x, y, {.sample_weight = weights});
  EXPECT_NEAR(*weighted.get("mse"), squares, 1e-6);
  EXPECT_NEAR(*weighted.get("mae"), absolute, 1e-6);
}

TEST(Penalties, AreInTheLossAndNotInItsParts) {
  const Value x = Input({4}, {.name = "x"});
  const Dense a(2, {.name = "a", .kernel_regularizer = l2(0.5)});
  Model model({x}, {a(x), Dense(1, {.name = "b"})(x)});
  model.compile(with({}));
  double penalty = 0;
  const HostTensor kernel = a.weights()[0];
  for (int64_t i = 0; i < kernel.count(); ++i) penalty += 0.5 * kernel.at(i) * kernel.at(i);
  const HostTensor predicted = model.predict_all(kX).at("a");
  double mse = 0;
  for (int64_t i = 0; i < predicted.count(); ++i) mse += (predicted.at(i) - kY.at(i)) * (predicted.at(i) - kY.at(i)) / 20;
  const Logs logs = model.evaluate(kX, {kY, kOther});
  EXPECT_NEAR(*logs.get("a_loss"), mse, 1e-6);
  EXPECT_NEAR(*logs.get("loss"), *logs.get("a_loss") + *logs.get("b_loss") + penalty, 1e-6);
}

}  // namespace
}  // namespace lamina
