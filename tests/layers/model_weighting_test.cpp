// SPDX-License-Identifier: Apache-2.0
// sample_weight and class_weight: their forms, what they do to the loss, and what is refused.
#include <gtest/gtest.h>

#include "tests/layers/small_models.h"
#include "tests/testing/expect_error.h"

namespace lamina {
namespace {

using testing::counting;
using testing::expect_error;
using testing::kAux;
using testing::kAuxY;
using testing::kMain;
using testing::kMainY;
using testing::one_by_one;
using testing::two_by_two;

TEST(Weighting, SampleWeightsBelongToOutputs) {
  Model model = two_by_two();
  const HostTensor weights = counting({5});
  expect_error(ErrorKind::model, "sample_weight is a list of 3 tensors; the model has the outputs ['main', 'aux']",
               [&] { model.fit({kMain, kAux}, {kMainY, kAuxY}, {.sample_weight = {weights, weights, weights}}); });
  expect_error(ErrorKind::model, "sample_weight names \"man\", which is no output of the model. The outputs are ['main', 'aux'] (did you mean "
               "'main'?)",
               [&] { model.fit({kMain, kAux}, {kMainY, kAuxY}, {.sample_weight = TensorMap{{"man", weights}}}); });
}

TEST(Weighting, SampleWeightsAreOneForAllOrByListOrName) {
  const HostTensor first = HostTensor::of<float>({5}, {1, 2, 0, 1, 3}), second = HostTensor::of<float>({5}, {0, 1, 1, 4, 2});
  Model model = two_by_two();
  const std::vector<HostTensor> x = {kMain, kAux}, y = {kMainY, kAuxY};
  const auto parts = [&](const Tensors& weights) {
    const Logs logs = model.evaluate(x, y, {.sample_weight = weights});
    return std::pair(*logs.get("main_loss"), *logs.get("aux_loss"));
  };
  const auto plain = parts({}), both = parts(first), listed = parts({first, second});
  EXPECT_NE(both.first, plain.first);
  EXPECT_EQ(both, parts({first, first}));
  EXPECT_EQ(listed.first, both.first);
  EXPECT_NE(listed.second, both.second);
  EXPECT_EQ(parts({{"aux", second}, {"main", first}}), listed);
  EXPECT_EQ(parts({{"aux", second}}), std::pair(plain.first, listed.second)) << "an output that is not named is not weighted";
  EXPECT_EQ(parts(first.reshaped({5, 1})), both);
}

// Samples and steps weighted: sum(w * l) / numel, as Keras has it.
TEST(Weighting, SampleWeightsOfStepsTrain) {
  const auto build = [] {
    const Value x = Input({3, 2}, {.name = "x"});
    Model model({x}, {Dense(1, {.name = "out", .use_bias = false})(x)});
    model.compile({.optimizer = sgd({.learning_rate = 0.1}), .loss = "mse", .device = "cpu", .seed = 5});
    return model;
  };
  Model model = build();
  const HostTensor x = counting({4, 3, 2}), y = counting({4, 3, 1});
  std::vector<float> weights;
  for (int i = 0; i < 12; ++i) weights.push_back(static_cast<float>(i % 4));
  const HostTensor steps = HostTensor::of<float>({4, 3}, weights), predicted = model.predict(x);
  double expected = 0;
  for (int64_t i = 0; i < 12; ++i) expected += steps.at(i) * (predicted.at(i) - y.at(i)) * (predicted.at(i) - y.at(i)) / 12;
  const History history = model.fit(x, y, {.batch_size = 4, .epochs = 2, .shuffle = false, .verbose = 0, .sample_weight = steps});
  EXPECT_NEAR(history.find("loss")->at(0), expected, 1e-5 * expected);
  // Equal for all steps of a sample is the same as one weight per sample.
  Model by_step = build(), by_sample = build();
  const HostTensor equal = HostTensor::of<float>({4, 3}, {1, 1, 1, 0, 0, 0, 3, 3, 3, 2, 2, 2}), samples = HostTensor::of<float>({4}, {1, 0, 3, 2});
  const History a = by_step.fit(x, y, {.epochs = 3, .verbose = 0, .sample_weight = equal});
  const History b = by_sample.fit(x, y, {.epochs = 3, .verbose = 0, .sample_weight = samples});
  for (size_t epoch = 0; epoch < 3; ++epoch) EXPECT_NEAR(a.find("loss")->at(epoch), b.find("loss")->at(epoch), 1e-6);
}

TEST(Weighting, ClassWeightIsForOneOutput) {
  Model two = two_by_two();
  expect_error(ErrorKind::model, "`class_weight` is only supported for models with a single output",
               [&] { two.fit({kMain, kAux}, {kMainY, kAuxY}, {.class_weight = {{0, 1.0}}}); });
  // Equal to the same weights given by sample.
  Model by_class = one_by_one("binary_crossentropy"), by_sample = one_by_one("binary_crossentropy");
  const HostTensor y = HostTensor::of<float>({5, 1}, {0, 1, 1, 0, 1});
  FitOptions options{.verbose = 0};
  options.class_weight = {{1, 3.0}};
  const History a = by_class.fit(kMain, y, options);
  const History b = by_sample.fit(kMain, y, {.verbose = 0, .sample_weight = HostTensor::of<float>({5}, {1, 3, 3, 1, 3})});
  EXPECT_EQ(a.series, b.series);
}

TEST(Weighting, ClassWeightNeedsLabelsAndOneWeightPerSample) {
  const auto fit = [](Model& model, const Tensors& x, const Tensors& y, const Tensors& weights = {}) {
    FitOptions options{.verbose = 0};
    options.class_weight = {{1, 3.0}};
    options.sample_weight = weights;
    model.fit(x, y, options);
  };
  const Value x = Input({4}, {.name = "x"});
  Model identity({x}, {Dense(1, {.name = "out"})(x)});
  identity.compile({.loss = [](Value, Value y_pred) { return y_pred; }, .device = "cpu"});
  expect_error(ErrorKind::model, "`class_weight` needs the labels of output 'out' as y", [&] { fit(identity, kMain, kAuxY); });

  const Value sequence = Input({3, 2}, {.name = "sequence"});
  Model steps({sequence}, {Dense(1, {.name = "out"})(sequence)});
  steps.compile({.loss = "mse", .device = "cpu"});
  expect_error(ErrorKind::model, "`class_weight` takes labels of shape (samples), (samples, 1) or (samples, classes)",
               [&] { fit(steps, counting({5, 3, 2}), counting({5, 3, 1})); });

  Model one = one_by_one();
  expect_error(ErrorKind::model, "`class_weight` goes with one sample_weight per sample", [&] { fit(one, kMain, kAuxY, counting({5, 3})); });
}

TEST(Weighting, ClassWeightTakesOneHotLabels) {
  Model by_class = one_by_one("categorical_crossentropy", 3), by_sample = one_by_one("categorical_crossentropy", 3);
  const HostTensor one_hot = HostTensor::of<float>({5, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0});
  FitOptions options{.verbose = 0};
  options.class_weight = {{1, 3.0}, {2, 0.5}};
  const History a = by_class.fit(kMain, one_hot, options);
  const History b = by_sample.fit(kMain, one_hot, {.verbose = 0, .sample_weight = HostTensor::of<float>({5}, {1, 3, 0.5f, 1, 3})});
  EXPECT_EQ(a.series, b.series);
}

}  // namespace
}  // namespace lamina
