// SPDX-License-Identifier: Apache-2.0
// What fit and its kin accept as x, y and sample_weight, and the messages for what they refuse.
#include <gtest/gtest.h>

#include "layers/lamina.h"
#include "tests/layers/expect_error.h"

namespace lamina {
namespace {

using testing::expect_error;

HostTensor counting(const Extents& extents) {
  std::vector<float> values;
  for (int64_t i = 0; i < extents.count(); ++i) values.push_back(0.01f * static_cast<float>(i));
  return HostTensor::of<float>(extents, values);
}

// Two inputs, two outputs: main_input (4), aux_input (2) -> main (3), aux (1).
Model two_by_two(Losses losses = {{"main", "mse"}, {"aux", "mse"}}) {
  const Value a = Input({4}, {.name = "main_input"}), b = Input({2}, {.name = "aux_input"});
  const Value joined = Concatenate()({a, b});
  Model model({a, b}, {Dense(3, {.name = "main"})(joined), Dense(1, {.name = "aux"})(joined)});
  model.compile({.optimizer = "sgd", .loss = std::move(losses), .device = "cpu"});
  return model;
}

Model one_by_one(const char* loss = "mse", int64_t units = 1) {
  const Value x = Input({4}, {.name = "x"});
  Model model({x}, {Dense(units, {.name = "out", .activation = "sigmoid"})(x)});
  model.compile({.optimizer = "sgd", .loss = loss, .device = "cpu"});
  return model;
}

const HostTensor kMain = counting({5, 4}), kAux = counting({5, 2}), kMainY = counting({5, 3}), kAuxY = counting({5, 1});

TEST(Feeding, NeedsACompiledModel) {
  const Value x = Input({4}, {.name = "x"});
  Model model({x}, {Dense(1)(x)});
  const std::string message = "You must compile a model before training/testing. Use `model.compile(optimizer, loss)`.";
  expect_error(ErrorKind::model, message, [&] { model.fit(kMain, kAuxY); });
  expect_error(ErrorKind::model, message, [&] { model.evaluate(kMain, kAuxY); });
  expect_error(ErrorKind::model, message, [&] { model.train_on_batch(kMain, kAuxY); });
  expect_error(ErrorKind::model, message, [&] { model.print_bindings(std::cout); });
  EXPECT_EQ(model.predict(kMain).extents(), (Extents{5, 1}));  // which needs no loss
}

TEST(Feeding, ListsAndNamesAreTheSame) {
  Model by_list = two_by_two(), by_name = two_by_two();
  const History a = by_list.fit({kMain, kAux}, {kMainY, kAuxY}, {.batch_size = 2, .epochs = 2, .verbose = 0});
  const History b = by_name.fit({{"aux_input", kAux}, {"main_input", kMain}, {"not_there", kAux}}, {{"aux", kAuxY}, {"main", kMainY}},
                                {.batch_size = 2, .epochs = 2, .verbose = 0});
  EXPECT_EQ(a.series, b.series);
}

TEST(Feeding, RefusesMissingInputs) {
  Model model = two_by_two();
  expect_error(ErrorKind::model,
               "No data provided for \"aux_input\". Need data for each key in: ['main_input', 'aux_input']; given were ['aux_inptu', "
               "'main_input'] (did you mean 'aux_inptu'?)",
               [&] { model.predict_all({{"aux_inptu", kAux}, {"main_input", kMain}}); });
  expect_error(ErrorKind::model, "No data provided for \"main_input\". Need data for each key in: ['main_input', 'aux_input']",
               [&] { model.predict_all({}); });
  expect_error(ErrorKind::model, "The model has 2 inputs ['main_input', 'aux_input'], but x has 1 tensors", [&] { model.predict_all(kMain); });
}

TEST(Feeding, RefusesMissingAndUnknownTargets) {
  Model model = two_by_two();
  expect_error(ErrorKind::model,
               "No data provided for \"aux\". Need data for each key in: ['main', 'aux']: the loss mse of this output reads y_true",
               [&] { model.fit({kMain, kAux}, {{"main", kMainY}}); });
  expect_error(ErrorKind::model, "y names \"axu\", which is no output of the model. The outputs are ['main', 'aux'] (did you mean 'aux'?)",
               [&] { model.fit({kMain, kAux}, {{"main", kMainY}, {"axu", kAuxY}}); });
  expect_error(ErrorKind::model,
               "The losses of 2 outputs read y_true, but y is one tensor. Give a list in the order ['main', 'aux'] or tensors by name.",
               [&] { model.fit({kMain, kAux}, kMainY); });
  expect_error(ErrorKind::model, "The model has 2 outputs ['main', 'aux'], but y has 3 tensors",
               [&] { model.fit({kMain, kAux}, {kMainY, kAuxY, kAuxY}); });
}

TEST(Feeding, AsksForTheYOfTheOutputsThatReadItAlone) {
  Model model = two_by_two({{"main", "mse"}, {"aux", [](Value, Value y_pred) { return y_pred; }}});
  ASSERT_EQ(model.targets().size(), 1u);
  EXPECT_EQ(model.targets()[0].output, "main");
  EXPECT_TRUE(model.train_on_batch({kMain, kAux}, kMainY).get("aux_loss").has_value());
  Model untrained = two_by_two({{"main", "mse"}, {"aux", no_loss}});
  EXPECT_FALSE(untrained.train_on_batch({kMain, kAux}, kMainY).get("aux_loss").has_value());
}

TEST(Feeding, RefusesUnequalNumbersOfSamples) {
  Model model = one_by_one();
  expect_error(ErrorKind::model,
               "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples. 'x' sizes: 3. 'y' sizes: 2.",
               [&] { model.fit(counting({3, 4}), counting({2, 1})); });
}

TEST(Feeding, RefusesOtherShapes) {
  Model model = one_by_one();
  expect_error(ErrorKind::model, "input 'x' is incompatible with the model: expected shape=(batch, 4), found shape=(3, 5)",
               [&] { model.fit(counting({3, 5}), counting({3, 1}), {.verbose = 0}); });
  expect_error(ErrorKind::model, "input 'x' is incompatible with the model: expected shape=(batch, 4), found shape=(3,)",
               [&] { model.predict(counting({3})); });
}

TEST(Feeding, TakesVectorsForColumns) {
  Model model = one_by_one(), same = one_by_one();
  EXPECT_EQ(*model.train_on_batch(kMain, kAuxY.reshaped({5})).get("loss"), *same.train_on_batch(kMain, kAuxY).get("loss"));
  const Value x = Input({1}, {.name = "x"});
  Model column({x}, {Dense(1)(x)});
  EXPECT_EQ(column.predict(counting({3})).extents(), (Extents{3, 1}));
}

TEST(Feeding, CastsWholeNumbersAndRefusesOthersForTokens) {
  const Value x = Input({2}, {.name = "tokens", .dtype = DType::i32});
  Model model({x}, {Embedding(5, 3)(x)});
  EXPECT_EQ(model.predict(HostTensor::of<float>({1, 2}, {1.0f, 4.0f})).extents(), (Extents{1, 2, 3}));
  expect_error(ErrorKind::model, "input 'tokens' takes i32, given were f32 values that are not whole numbers",
               [&] { model.predict(HostTensor::of<float>({1, 2}, {1.5f, 4.0f})); });
}

TEST(Feeding, SampleWeightsBelongToOutputs) {
  Model model = two_by_two();
  const HostTensor weights = counting({5});
  expect_error(ErrorKind::model, "sample_weight is a list of 3 tensors; the model has the outputs ['main', 'aux']",
               [&] { model.fit({kMain, kAux}, {kMainY, kAuxY}, {.sample_weight = {weights, weights, weights}}); });
  expect_error(ErrorKind::model, "sample_weight names \"man\", which is no output of the model. The outputs are ['main', 'aux'] (did you mean 'main'?)",
               [&] { model.fit({kMain, kAux}, {kMainY, kAuxY}, {.sample_weight = TensorMap{{"man", weights}}}); });
}

TEST(Feeding, ClassWeightIsForOneOutput) {
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

TEST(Feeding, ValidationSplitTakesTheLastRowsAndNeedsSome) {
  Model model = one_by_one();
  const HostTensor x = counting({10, 4}), y = counting({10, 1});
  expect_error(ErrorKind::model,
               "Training data contains 10 samples, which is not sufficient to split it into a validation and training set as "
               "specified by `validation_split=0.99`. Either provide more data, or a different value for the `validation_split` "
               "argument.",
               [&] { model.fit(x, y, {.validation_split = 0.99}); });
  expect_error(ErrorKind::model, "`validation_split` must be within (0, 1), got 1.5", [&] { model.fit(x, y, {.validation_split = 1.5}); });
  // With a learning rate of 0 the validation loss is evaluate's of rows 7 to 9.
  model.compile({.optimizer = sgd({.learning_rate = 0.0}), .loss = "mse", .device = "cpu"});
  const History history = model.fit(x, y, {.verbose = 0, .validation_split = 0.3});
  EXPECT_EQ(history.find("val_loss")->at(0), *model.evaluate(x.rows(7, 3), y.rows(7, 3)).get("loss"));
}

TEST(Feeding, RefusesEmptyValidationDataAtTheStart) {
  Model model = one_by_one();
  FitOptions options{.verbose = 0};
  options.validation_data = Batch{{{"x", HostTensor(DType::f32, {0, 4})}}, {{"out", HostTensor(DType::f32, {0, 1})}}, {}, 0};
  const std::vector<HostTensor> before = model.get_weights();
  expect_error(ErrorKind::model, "the validation data is empty: give fit samples to validate on, or no validation data",
               [&] { model.fit(kMain, kAuxY, options); });
  EXPECT_EQ(model.get_weights()[0].at(0), before[0].at(0));
}

TEST(Feeding, ScalarOutputsArePredictedOncePerBatch) {
  const Value x = Input({4}, {.name = "x"});
  Model model({x}, {Lambda([](const Value& v) { return sum(v); }, {.name = "total"})(x)});
  model.compile({.loss = {{"total", [](Value, Value y_pred) { return y_pred; }}}, .device = "cpu"});
  const HostTensor predicted = model.predict(HostTensor::of<float>({3, 4}, std::vector<float>(12, 1.0f)), {.batch_size = 2});
  ASSERT_EQ(predicted.extents(), (Extents{2}));
  EXPECT_EQ(predicted.at(0), 8);
  EXPECT_EQ(predicted.at(1), 4);
  EXPECT_EQ(*model.evaluate(HostTensor::of<float>({3, 4}, std::vector<float>(12, 1.0f))).get("loss"), 12);
}

TEST(Feeding, PredictOfSeveralOutputsIsByName) {
  Model model = two_by_two();
  expect_error(ErrorKind::model, "the model has 2 outputs; predict_all returns them by name", [&] { model.predict({kMain, kAux}); });
  const TensorMap predictions = model.predict_all({kMain, kAux}, {.batch_size = 2});
  EXPECT_EQ(predictions.at("main").extents(), (Extents{5, 3}));
  EXPECT_EQ(predictions.at("aux").extents(), (Extents{5, 1}));
}

TEST(Feeding, UnknownMetricOutputsAreRefused) {
  const Value x = Input({4}, {.name = "x"});
  Model model({x}, {Dense(1, {.name = "out"})(x)});
  expect_error(ErrorKind::model, "Unknown entry in metrics dictionary: \"otu\". Only expected the following keys: ['out'] (did you mean 'out'?)",
               [&] { model.compile({.loss = "mse", .metrics = {NamedMetrics{"otu", {"mae"}}}, .device = "cpu"}); });
}

TEST(Feeding, StatefulLayersNeedAFixedBatch) {
  expect_error(ErrorKind::model,
               "[layer] node \"lstm/layer\": When using `stateful=True` in a RNN, the batch size must be static. Give Input the option batch_size.",
               [&] { LSTM(2, {.stateful = true})(Input({3, 2})); });
  const LSTM layer(2, {.stateful = true});
  layer(Input({3, 2}, {.batch_size = 4}));
  expect_error(ErrorKind::model,
               "[layer] node \"lstm/layer\": If an RNN is stateful, the batch size of the input sequences must be the same as the batch "
               "size of the initial state. Found 5 and 4",
               [&] { layer(Input({3, 2}, {.batch_size = 5})); });
}

}  // namespace
}  // namespace lamina
