// SPDX-License-Identifier: Apache-2.0
// What fit and its kin accept as x, y and sample_weight, and the messages for what they refuse.
#include <gtest/gtest.h>

#include <sstream>

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
               "No data provided for \"aux\". Need data for each key in: ['main', 'aux']; given were ['main']. The loss mse of this output "
               "reads y_true.",
               [&] { model.fit({kMain, kAux}, {{"main", kMainY}}); });
  expect_error(ErrorKind::model,
               "No data provided for \"aux\". Need data for each key in: ['main', 'aux']; given were ['axu', 'main'] (did you mean 'axu'?). "
               "The loss mse of this output reads y_true.",
               [&] { model.fit({kMain, kAux}, TensorMap{{"main", kMainY}, {"axu", kAuxY}}); });
  expect_error(ErrorKind::model,
               "No data provided for \"main\". Need data for each key in: ['main', 'aux']. The loss mse of this output reads y_true.",
               [&] { model.fit({kMain, kAux}); });
  expect_error(ErrorKind::model, "Unknown entry in y dictionary: \"axu\". Only expected the following keys: ['main', 'aux'] (did you mean 'aux'?)",
               [&] { model.fit({kMain, kAux}, {{"main", kMainY}, {"aux", kAuxY}, {"axu", kAuxY}}); });
  expect_error(ErrorKind::model,
               "y is one tensor, but 2 outputs read y_true. Give a list in the order ['main', 'aux'] or tensors by name.",
               [&] { model.fit({kMain, kAux}, kMainY); });
  expect_error(ErrorKind::model, "The model has 2 outputs ['main', 'aux'], of which ['main', 'aux'] read y_true, but y has 3 tensors",
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

// Three heads: trained by its y, trained by itself, and measured alone.
Model three_heads() {
  const Value x = Input({4}, {.name = "x"});
  Model model({x}, {Dense(1, {.name = "penalty"})(x), Dense(3, {.name = "main"})(x), Dense(1, {.name = "aux"})(x)});
  model.compile({.optimizer = "sgd",
                 .loss = {{"penalty", [](Value, Value y_pred) { return y_pred; }}, {"main", "mse"}, {"aux", no_loss}},
                 .metrics = {{"aux", "mae"}},
                 .device = "cpu"});
  return model;
}

TEST(Feeding, AMetricMayBeWhatReadsY) {
  Model model = three_heads();
  EXPECT_EQ(model.targets().size(), 2u);
  std::ostringstream out;
  model.print_bindings(out);
  EXPECT_EQ(out.str(),
            "loss binding: penalty (None, 1) <- identity (passthrough, needs no y), weight 1\n"
            "loss binding: main (None, 3) <- mse (needs y), weight 1\n"
            "loss binding: aux (None, 1) <- None (not trained, needs y for the metric mae)\n");
  expect_error(ErrorKind::model,
               "No data provided for \"aux\". Need data for each key in: ['main', 'aux']; given were ['main']. The metric mae of this output "
               "reads y_true.",
               [&] { model.fit(kMain, {{"main", kMainY}}); });

  Model identity = two_by_two([](Value, Value y_pred) { return y_pred; });
  identity.compile({.loss = [](Value, Value y_pred) { return y_pred; }, .metrics = {{"aux", "mae"}}, .device = "cpu"});
  out.str("");
  identity.print_bindings(out);
  EXPECT_EQ(out.str(),
            "loss binding: main (None, 3) <- identity (passthrough, needs no y), weight 1\n"
            "loss binding: aux (None, 1) <- identity (passthrough, needs y for the metric mae), weight 1\n");
  expect_error(ErrorKind::model,
               "No data provided for \"aux\". Need data for each key in: ['aux']. The metric mae of this output reads y_true.",
               [&] { identity.evaluate({kMain, kAux}); });
  EXPECT_TRUE(identity.evaluate({kMain, kAux}, kAuxY).get("aux_mae").has_value());
}

TEST(Feeding, AListMayHoldTheYOfTheOutputsThatReadIt) {
  Model model = three_heads(), same = three_heads();
  // Two have a loss and two others read y: a list of two may mean either.
  expect_error(ErrorKind::model,
               "y has 2 tensors, which may be for the outputs ['penalty', 'main'] that have a loss or for ['main', 'aux'] that read "
               "y_true. Give y by name.",
               [&] { model.evaluate(kMain, {kMainY, kAuxY}); });
  const Logs by_name = model.evaluate(kMain, {{"main", kMainY}, {"aux", kAuxY}});
  const Logs by_all = same.evaluate(kMain, {kAuxY, kMainY, kAuxY});
  EXPECT_EQ(*by_name.get("loss"), *by_all.get("loss"));
  EXPECT_EQ(*by_name.get("aux_mae"), *by_all.get("aux_mae"));

  const Value x = Input({4}, {.name = "x"});
  const auto identity = [](Value, Value y_pred) { return y_pred; };
  Model two_of_three({x}, {Dense(1, {.name = "a"})(x), Dense(3, {.name = "b"})(x), Dense(1, {.name = "c"})(x)});
  two_of_three.compile({.loss = {identity, "mse", "mse"}, .device = "cpu"});
  EXPECT_EQ(*two_of_three.evaluate(kMain, {kMainY, kAuxY}).get("loss"), *two_of_three.evaluate(kMain, {kAuxY, kMainY, kAuxY}).get("loss"));
}

TEST(Feeding, DummyYOfAnyShapeIsTakenWhereNothingReadsIt) {
  const auto fit = [](const Tensors& y) {
    const Value x = Input({4}, {.name = "x"});
    Model model({x}, {Dense(1, {.name = "out"})(x)});
    model.compile({.optimizer = "sgd", .loss = {{"out", [](Value, Value y_pred) { return y_pred; }}}, .device = "cpu"});
    return model.fit(kMain, y, {.batch_size = 2, .epochs = 2, .verbose = 0}).series;
  };
  const auto without = fit({});
  for (const Extents& extents : {Extents{5}, Extents{5, 1}, Extents{5, 7}, Extents{5, 2, 3}}) {
    EXPECT_EQ(fit(HostTensor(DType::f32, extents)), without) << extents;
  }
  EXPECT_EQ(fit({{"out", HostTensor(DType::i32, {5, 7})}}), without);
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

TEST(Feeding, AWrongYIsNamedByItsOutput) {
  Model model = one_by_one();
  expect_error(ErrorKind::model, "y of output 'out' is incompatible with the model: expected shape=(batch, 1), found shape=(5, 3)",
               [&] { model.fit(kMain, kMainY, {.verbose = 0}); });
  expect_error(ErrorKind::model, "y of output 'out' is incompatible with the model: expected shape=(batch, 1), found shape=(5, 2, 2)",
               [&] { model.train_on_batch(kMain, counting({5, 2, 2})); });
}

TEST(Feeding, OneHotRowsAreToldFromClassNumbers) {
  const HostTensor one_hot = HostTensor::of<float>({5, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0});
  const HostTensor classes = HostTensor::of<int32_t>({5}, {0, 1, 2, 0, 1});
  const std::string rest = " takes class numbers of shape (batch,). For one-hot rows use 'categorical_crossentropy' and 'categorical_accuracy'.";
  for (const char* loss : {"ce", "crossentropy", "sparse_categorical_crossentropy"}) {
    Model model = one_by_one(loss, 3);
    expect_error(ErrorKind::model, std::string("y of output 'out' has shape (5, 3), as one-hot rows have, but the loss ") + loss + rest,
                 [&] { model.fit(kMain, one_hot, {.verbose = 0}); });
    EXPECT_EQ(*model.evaluate(kMain, classes).get("loss"), *model.evaluate(kMain, classes.reshaped({5, 1})).get("loss"));
  }
  const Value x = Input({4}, {.name = "x"});
  Model measured({x}, {Dense(3, {.name = "out"})(x)});
  measured.compile({.loss = [](Value, Value y_pred) { return y_pred; }, .metrics = {"accuracy"}, .device = "cpu"});
  expect_error(ErrorKind::model, "y of output 'out' has shape (5, 3), as one-hot rows have, but the metric accuracy" + rest,
               [&] { measured.evaluate(kMain, one_hot); });
  EXPECT_TRUE(measured.evaluate(kMain, classes).get("accuracy").has_value());
  expect_error(ErrorKind::model, "y of output 'out' takes i32, given were f32 values that are not whole numbers",
               [&] { measured.evaluate(kMain, HostTensor::of<float>({5}, {0, 1, 0.5f, 0, 1})); });
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

TEST(Feeding, EvaluatePrintsWhatItReturnsWhereAskedTo) {
  Model model = one_by_one();
  std::ostringstream out;
  const Logs logs = model.evaluate(kMain, kAuxY, {.batch_size = 2, .verbose = 1, .out = &out});
  EXPECT_EQ(out.str(), text("3/3 - loss: ", *logs.get("loss"), "\n"));
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
