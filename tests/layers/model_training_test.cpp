// SPDX-License-Identifier: Apache-2.0
// Training as a user sees it: recompiling, numbers that are not finite, repeatability, dropout, states, and the model's
// life from building to destruction.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "tests/testing/expect_error.h"
#include "tests/layers/small_models.h"
#include "tests/testing/devices.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::expect_error;
using testing::expect_same_weights;
using testing::kX;
using testing::kY;
using testing::Layers;
using testing::options;
using testing::passthrough;
using testing::same_bits;
using testing::steps;
using testing::wave;

TEST(Recompiling, KeepsWeightsAndSlotsOfTheSameOptimizer) {
  Model straight = Layers().model(), again = Layers().model(), anew = Layers().model();
  for (Model* model : {&straight, &again, &anew}) model->compile(options(adam()));
  const std::shared_ptr<Optimizer> kept = again.optimizer();
  for (Model* model : {&straight, &again, &anew}) steps(*model, 3);
  expect_same_weights(straight, again);
  again.compile(options(kept));
  anew.compile(options(adam()));
  expect_same_weights(straight, anew);
  for (Model* model : {&straight, &again, &anew}) steps(*model, 2);
  expect_same_weights(straight, again);
  EXPECT_EQ(kept->iterations, 5);
  EXPECT_EQ(anew.optimizer()->iterations, 2);
  EXPECT_FALSE(same_bits(straight.get_weights()[0], anew.get_weights()[0]));
}

TEST(Recompiling, ThatFailsLeavesTheModelAsItWas) {
  Model model = Layers().model(), other = Layers().model();
  model.compile(options());
  other.compile(options());
  expect_error(ErrorKind::model, "Unknown entry in loss dictionary: \"uot\". Only expected the following keys: ['out']; given were ['uot'] (did "
               "you mean 'out'?)",
               [&] { model.compile({.loss = {{"uot", "mse"}}, .device = "cpu"}); });
  EXPECT_THROW(model.compile({.loss = "mse", .device = "sim", .impls = {{"matmul", "no_such"}}}), Error);
  EXPECT_EQ(model.device()->kind(), DeviceKind::cpu);
  EXPECT_THAT(model.device_line(), HasSubstr("cpu"));
  steps(model, 2);
  steps(other, 2);
  expect_same_weights(model, other);
}

TEST(Recompiling, ReplacesMetricsAndWithThemTheKeysOfTheHistory) {
  Model model = Layers().model();
  CompileOptions compile = options();
  compile.metrics = {"mae"};
  model.compile(compile);
  const auto keys = [&] {
    std::vector<std::string> names;
    for (const auto& [name, values] : model.fit(kX, kY, {.verbose = 0, .validation_split = 0.2}).series) names.push_back(name);
    return names;
  };
  EXPECT_THAT(keys(), ElementsAre("loss", "mae", "val_loss", "val_mae"));
  const std::vector<HostTensor> before = model.get_weights();
  compile.metrics = {"mse", "cosine_similarity"};
  model.compile(compile);
  EXPECT_TRUE(same_bits(model.get_weights()[0], before[0]));
  EXPECT_THAT(keys(), ElementsAre("loss", "mse", "cosine_similarity", "val_loss", "val_mse", "val_cosine_similarity"));
}

TEST(Recompiling, PrintsTheGraphsWhereAskedTo) {
  Model model = Layers().model();
  std::ostringstream out;
  CompileOptions compile = options();
  compile.dump = &out;
  model.compile(compile);
  EXPECT_EQ(out.str(), "") << "plans are made for the shapes of the first batch";
  steps(model, 1);
  for (const char* pass : {"specialise", "simplify", "separate_updates", "assign_layouts", "fuse_pointwise"}) {
    EXPECT_THAT(out.str(), HasSubstr(std::string("---- after ") + pass + "\n"));
  }
  EXPECT_THAT(out.str(), HasSubstr("hidden/matmul"));
  const size_t printed = out.str().size();
  steps(model, 1);
  EXPECT_EQ(out.str().size(), printed) << "the plan was made again";
}

TEST(Recompiling, RefusesImplementationsThatAreNotThere) {
  Model model = Layers().model();
  CompileOptions compile = options();
  compile.impls = {{"matmul", "onednm"}};
  try {
    model.compile(compile);
    ADD_FAILURE() << "an unknown implementation was taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith("op 'matmul' has no implementation 'onednm' on cpu; there are "));
    EXPECT_THAT(error.what(), ::testing::EndsWith(" (did you mean 'onednn'?)"));
  }
}

TEST(NonFinite, UpdateIsNotAppliedAndTheFirstBadLayerIsNamed) {
  for (const DeviceKind device : testing::available_devices()) {
    SCOPED_TRACE(name_of(device));
    const Value x = Input({4}, {.name = "x"});
    Value y = Dense(3, {.name = "first"})(x);
    y = Lambda([](const Value& v) { return log(v - 100.0); }, {.name = "logs"})(y);
    Model model({x}, {Dense(2, {.name = "last"})(y)});
    CompileOptions compile = options("adam");
    compile.device = std::string(name_of(device));
    model.compile(compile);
    const std::vector<HostTensor> before = model.get_weights();
    expect_error(ErrorKind::numeric,
                 "the loss or a gradient of this step is not finite; the first layer whose output is not finite is \"logs\" (Lambda). "
                 "The update was not applied. Try a lower learning rate or gradient clipping, and check the data.",
                 [&] { model.fit(kX, kY, {.verbose = 0}); });
    const std::vector<HostTensor> after = model.get_weights();
    for (size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(same_bits(before[i], after[i])) << i;
    EXPECT_EQ(model.optimizer()->iterations, 0);
  }
}

TEST(NonFinite, LossIsNamedWhereAllLayersAreFinite) {
  Model model = Layers().model();
  model.compile(options());
  HostTensor y = kY;
  y.as<float>()[3] = std::numeric_limits<float>::infinity();
  expect_error(ErrorKind::numeric,
               "the loss or a gradient of this step is not finite; all layers give finite outputs, so it arises in the loss or in the "
               "gradients. The update was not applied. Try a lower learning rate or gradient clipping, and check the data.",
               [&] { model.train_on_batch(kX, y); });
}

TEST(NonFinite, TrainingGoesOnWithTheNextGoodBatch) {
  Model model = Layers().model(), other = Layers().model();
  model.compile(options("adam"));
  other.compile(options("adam"));
  HostTensor bad = kY;
  bad.as<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(model.train_on_batch(kX, bad), Error);
  steps(model, 2);
  steps(other, 2);
  expect_same_weights(model, other);
}

TEST(Repeatability, TwoRunsAreBitwiseEqual) {
  for (const DeviceKind device : testing::available_devices()) {
    SCOPED_TRACE(name_of(device));
    const auto run = [&] {
      const Value x = Input({3, 4}, {.name = "x"});
      Model model({x}, {Dense(2)(Dropout(0.3)(LSTM(3)(x)))});
      CompileOptions compile = options("adam");
      compile.device = std::string(name_of(device));
      compile.threads = 2;
      model.compile(compile);
      const History history = model.fit(wave({7, 3, 4}, 0.3), wave({7, 2}, 0.9), {.batch_size = 3, .epochs = 2, .verbose = 0});
      return std::pair(history.series, model.get_weights());
    };
    const auto first = run(), second = run();
    EXPECT_EQ(first.first, second.first);
    for (size_t i = 0; i < first.second.size(); ++i) EXPECT_TRUE(same_bits(first.second[i], second.second[i])) << i;
  }
}

TEST(Repeatability, AnotherSeedGivesOtherWeights) {
  Model a = Layers().model(), b = Layers().model();
  CompileOptions other = options();
  other.seed = 4;
  a.compile(options());
  b.compile(other);
  EXPECT_FALSE(same_bits(a.get_weights()[0], b.get_weights()[0]));
}

TEST(Lifetime, ModelsComeAndGo) {
  for (const DeviceKind kind : testing::available_devices()) {
    const std::shared_ptr<Device> device = testing::device(kind);
    for (int cycle = 0; cycle < 10; ++cycle) {
      Model model = Layers().model();
      CompileOptions compile = options("adam");
      compile.device = std::string(name_of(kind));
      model.compile(compile);
      model.fit(kX, kY, {.batch_size = 4, .verbose = 0});
      EXPECT_EQ(model.predict(kX).extents(), (Extents{10, 2}));
    }
  }
}

TEST(Lifetime, LayersOutliveTheModelThatTrainedThem) {
  Layers layers;
  std::vector<HostTensor> trained;
  {
    Model model = layers.model();
    model.compile(options());
    steps(model, 1);
    trained = model.get_weights();
  }
  EXPECT_TRUE(same_bits(layers.hidden.weights()[0], trained[0]));
  EXPECT_TRUE(same_bits(layers.model().get_weights()[3], trained[3]));
}

TEST(ScalarOutputs, TrainUnderTheIdentityLoss) {
  const Value x = Input({4}, {.name = "x"});
  const Dense layer(1, {.name = "layer", .use_bias = false});
  Model model({x}, {Lambda([](const Value& v) { return mean(square(v)); }, {.name = "energy"})(layer(x))});
  CompileOptions compile = options(sgd({.learning_rate = 0.1}));
  compile.loss = {{"energy", passthrough}};
  model.compile(compile);
  const History history = model.fit(kX, {}, {.batch_size = 4, .epochs = 20, .verbose = 0});
  const std::vector<double>& losses = *history.find("loss");
  EXPECT_LT(losses.back(), 0.5 * losses.front());
  EXPECT_NEAR(*model.evaluate(kX).get("loss"), model.predict(kX).at(0), 1e-6);
}

TEST(DropoutLayer, IsActiveInTrainingOnlyAndDiffersFromStepToStep) {
  const Value x = Input({4}, {.name = "x"});
  Model model({x}, {Dropout(0.5, {.name = "drop"})(x)});
  model.compile({.optimizer = sgd({.learning_rate = 0.0}), .loss = {{"drop", [](Value, Value y_pred) { return y_pred; }}}, .device = "cpu"});
  const HostTensor ones = HostTensor::of<float>({50, 4}, std::vector<float>(200, 1.0f));
  EXPECT_TRUE(same_bits(model.predict(ones), ones));
  EXPECT_EQ(*model.evaluate(ones).get("loss"), 1);
  const double first = *model.train_on_batch(ones).get("loss"), second = *model.train_on_batch(ones).get("loss");
  EXPECT_NE(first, second);
  for (const double kept : {first, second}) EXPECT_NEAR(kept, 1, 0.4);
}

TEST(Masks, ReachTheLossThroughTheLayers) {
  const Value x = Input({3}, {.name = "x", .dtype = DType::i32});
  const Value steps_of_x = Dense(1, {.name = "out", .use_bias = false})(Embedding(4, 2, {.mask_zero = true})(x));
  Model model({x}, {steps_of_x});
  model.compile({.loss = "mse", .device = "cpu"});
  const HostTensor tokens = HostTensor::of<int32_t>({2, 3}, {1, 2, 0, 3, 0, 0});
  HostTensor y(DType::f32, {2, 3, 1});
  const double loss = *model.evaluate(tokens, y).get("loss");
  const HostTensor predicted = model.predict(tokens);
  double squares = 0;
  for (const int64_t valid : {0, 1, 3}) squares += predicted.at(valid) * predicted.at(valid);
  EXPECT_NEAR(loss, squares / 3, 1e-6 * loss);
  y.as<float>()[2] = 1000;  // of a masked step
  EXPECT_EQ(*model.evaluate(tokens, y).get("loss"), loss);
}

TEST(StatefulModel, CarriesItsStateUntilReset) {
  const Value x = Input({2, 3}, {.name = "x", .batch_size = 2});
  Model model({x}, {LSTM(2, {.name = "lstm", .stateful = true})(x)});
  const HostTensor data = wave({2, 2, 3}, 0.4);
  const HostTensor first = model.predict(data), second = model.predict(data);
  EXPECT_FALSE(same_bits(first, second));
  model.reset_states();
  EXPECT_TRUE(same_bits(model.predict(data), first));
}

// One model trains on sequences in batches of 32, its copy is fed one step at a time.
TEST(StatefulModel, WeightsHoldNoStateAndGoToAModelOfAnotherBatch) {
  const auto build = [](int64_t batch) {
    const Value x = Input({2, 3}, {.name = "x", .batch_size = batch});
    return Model({x}, {Dense(1, {.name = "out"})(LSTM(2, {.name = "lstm", .stateful = true})(x))});
  };
  Model trained = build(32), single = build(1);
  trained.compile(options());
  trained.fit(wave({64, 2, 3}, 0.4), wave({64, 1}, 0.9), {.shuffle = false, .verbose = 0});
  EXPECT_EQ(trained.variables().size(), 7u);
  EXPECT_EQ(trained.weights().size(), 5u);
  ASSERT_EQ(trained.get_weights().size(), 5u);
  single.set_weights(trained.get_weights());
  trained.reset_states();
  const HostTensor data = wave({32, 2, 3}, 0.7);
  EXPECT_TRUE(testing::is_close(single.predict(data.rows(0, 1)), trained.predict(data).rows(0, 1),
                                testing::tolerance_for(DType::f32, 16)));
}

TEST(StatefulModel, SettingWeightsDoesNotRewindTheState) {
  const Value x = Input({2, 3}, {.name = "x", .batch_size = 2});
  const LSTM lstm(2, {.name = "lstm", .stateful = true});
  Model model({x}, {lstm(x)});
  const HostTensor data = wave({2, 2, 3}, 0.4);
  model.predict(data);
  const std::vector<HostTensor> weights = model.get_weights();
  const auto state = [&] { return model.variables().back().variable->read(); };
  const HostTensor before = state();
  model.predict(data);
  const HostTensor after = state();
  EXPECT_FALSE(same_bits(before, after));
  model.set_weights(weights);
  EXPECT_TRUE(same_bits(state(), after));
  lstm.set_weights(lstm.weights());
  EXPECT_EQ(lstm.weights().size(), 3u);
  EXPECT_TRUE(same_bits(state(), after));
}

TEST(FitLoop, InitialEpochAtTheEndRunsNothing) {
  Model model = Layers().model();
  model.compile(options());
  EXPECT_TRUE(model.fit(kX, kY, {.epochs = 3, .initial_epoch = 3, .verbose = 0}).epochs.empty());
  EXPECT_THAT(model.fit(kX, kY, {.epochs = 5, .initial_epoch = 3, .verbose = 0}).epochs, ElementsAre(3, 4));
}

}  // namespace
}  // namespace lamina
