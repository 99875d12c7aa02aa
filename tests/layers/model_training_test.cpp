// SPDX-License-Identifier: Apache-2.0
// Training as a user sees it: freezing and recompiling, numbers that are not finite, repeatability, datasets that run
// out, dropout, and the model's life from building to destruction.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "layers/lamina.h"
#include "tests/layers/expect_error.h"
#include "tests/testing/devices.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::expect_error;
using testing::same_bits;

constexpr const char* kRanOut =
    "warning: Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate at least "
    "`steps_per_epoch * epochs` batches.\n";

HostTensor wave(const Extents& extents, double step) {
  std::vector<float> values;
  for (int64_t i = 0; i < extents.count(); ++i) values.push_back(static_cast<float>(std::sin(step * static_cast<double>(i + 1))));
  return HostTensor::of<float>(extents, values);
}

const HostTensor kX = wave({10, 4}, 0.7), kY = wave({10, 2}, 1.3);

struct Layers {
  Value x = Input({4}, {.name = "x"});
  Dense hidden = Dense(5, {.name = "hidden", .activation = "tanh"});
  Dense out = Dense(2, {.name = "out"});
  Model model() const { return Model({x}, {out(hidden(x))}); }
};

CompileOptions options(OptimizerSpec optimizer = "sgd") { return {.optimizer = std::move(optimizer), .loss = "mse", .device = "cpu", .seed = 3}; }

void steps(Model& model, int count) {
  for (int i = 0; i < count; ++i) model.train_on_batch(kX, kY);
}

void expect_same_weights(const Model& a, const Model& b) {
  const auto first = a.get_weights(), second = b.get_weights();
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(same_bits(first[i], second[i])) << a.variables()[i].path;
}

TEST(Freezing, TakesEffectAtTheNextCompileOnly) {
  Layers layers;
  Model model = layers.model();
  model.compile(options());
  layers.hidden.set_trainable(false);
  expect_error(ErrorKind::model,
               "Discrepancy between trainable weights and collected trainable weights, did you set `model.trainable` without calling "
               "`model.compile` after ?",
               [&] { model.fit(kX, kY); });
  model.compile(options());
  const std::vector<HostTensor> before = model.get_weights();
  steps(model, 2);
  const std::vector<HostTensor> after = model.get_weights();
  EXPECT_TRUE(same_bits(before[0], after[0]));
  EXPECT_TRUE(same_bits(before[1], after[1]));
  EXPECT_FALSE(same_bits(before[2], after[2]));
}

TEST(Freezing, AModelFreezesAllThatIsInIt) {
  Layers layers;
  Model body = layers.model();
  const Value a = Input({4}, {.name = "a"});
  Model outer({a}, {Dense(2, {.name = "head"})(body(a))});
  body.set_trainable(false);
  outer.compile(options());
  const std::vector<HostTensor> before = outer.get_weights();
  steps(outer, 1);
  const std::vector<HostTensor> after = outer.get_weights();
  for (size_t i = 0; i < 4; ++i) EXPECT_TRUE(same_bits(before[i], after[i])) << i;
  EXPECT_FALSE(same_bits(before[4], after[4]));
}

TEST(Freezing, FrozenPenaltiesDoNotCount) {
  const Value x = Input({4}, {.name = "x"});
  const Dense layer(2, {.name = "out", .kernel_regularizer = l2(1.0)});
  Model model({x}, {layer(x)});
  model.compile(options());
  const double with = *model.evaluate(kX, kY).get("loss");
  layer.set_trainable(false);
  model.compile(options());
  EXPECT_LT(*model.evaluate(kX, kY).get("loss"), with - 0.01);
}

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
  expect_error(ErrorKind::model, "Unknown entry in loss dictionary: \"uot\". Only expected the following keys: ['out'] (did you mean 'out'?)",
               [&] { model.compile({.loss = {{"uot", "mse"}}, .device = "cpu"}); });
  EXPECT_THROW(model.compile({.loss = "mse", .device = "sim", .impls = {{"matmul", "no_such"}}}), Error);
  EXPECT_EQ(model.device()->kind(), DeviceKind::cpu);
  EXPECT_THAT(model.device_line(), HasSubstr("cpu"));
  steps(model, 2);
  steps(other, 2);
  expect_same_weights(model, other);
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

// Batches made one by one; says how many there are only where asked to.
class Generated final : public Dataset {
 public:
  Generated(int64_t batches, bool tells) : batches_(batches), tells_(tells) {}
  void start_epoch(int64_t) override { next_ = 0; }
  std::optional<Batch> next() override {
    if (next_ == batches_) return std::nullopt;
    seen.push_back(next_);
    const int64_t first = 2 * next_++;
    return Batch{{{"x", kX.rows(first, 2)}}, {{"out", kY.rows(first, 2)}}, {}, 2};
  }
  std::optional<int64_t> batches() const override { return tells_ ? std::optional(batches_) : std::nullopt; }

  std::vector<int64_t> seen;

 private:
  int64_t batches_, next_ = 0;
  bool tells_;
};

TEST(Datasets, GeneratorTrainsAsTensorsDo) {
  Model by_dataset = Layers().model(), by_tensors = Layers().model();
  by_dataset.compile(options());
  by_tensors.compile(options());
  Generated data(5, false);
  const History a = by_dataset.fit(data, {.epochs = 2, .verbose = 0});
  const History b = by_tensors.fit(kX, kY, {.batch_size = 2, .epochs = 2, .shuffle = false, .verbose = 0});
  EXPECT_EQ(a.series, b.series);
  EXPECT_EQ(*by_dataset.evaluate(data).get("loss"), *by_tensors.evaluate(kX, kY, {.batch_size = 2}).get("loss"));
}

TEST(Datasets, StepsPerEpochGoOnWhereTheEpochBeforeStopped) {
  Model model = Layers().model();
  model.compile(options());
  Generated data(5, true);
  std::ostringstream out;
  const History history = model.fit(data, {.epochs = 3, .verbose = 0, .steps_per_epoch = 3, .out = &out});
  EXPECT_THAT(data.seen, ElementsAre(0, 1, 2, 3, 4, 0, 1, 2, 3));
  EXPECT_EQ(history.epochs.size(), 3u);
  EXPECT_EQ(out.str(), "");
}

TEST(Datasets, ExactlyTheDataPerEpochBeginsAgain) {
  Model model = Layers().model();
  model.compile(options());
  Generated data(2, true);
  EXPECT_EQ(model.fit(data, {.epochs = 3, .verbose = 0, .steps_per_epoch = 2}).epochs.size(), 3u);
  EXPECT_THAT(data.seen, ElementsAre(0, 1, 0, 1, 0, 1));
}

TEST(Datasets, GeneratorThatRunsOutInterruptsWithAWarning) {
  Model model = Layers().model();
  model.compile(options());
  for (const int64_t steps_per_epoch : {3, 5}) {  // within the second epoch, and at its start
    Generated data(5, false);
    std::ostringstream out;
    const History history = model.fit(data, {.epochs = 4, .verbose = 0, .steps_per_epoch = steps_per_epoch, .out = &out});
    EXPECT_EQ(out.str(), kRanOut);
    EXPECT_EQ(history.epochs.size(), steps_per_epoch == 3 ? 2u : 1u);
  }
  Generated none(0, false);
  expect_error(ErrorKind::model, "fit got no data: epoch 1 has no batch", [&] { model.fit(none, {.verbose = 0}); });
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

TEST(MetricNames, StandInTheOrderOfTheLogs) {
  const Value x = Input({4}, {.name = "x"});
  Model model({x}, {Dense(2, {.name = "a"})(x), Dense(1, {.name = "b"})(x)});
  model.compile({.loss = {"mse", "mae"}, .metrics = {NamedMetrics{"a", {"mae"}}}, .device = "cpu"});
  EXPECT_THAT(model.metrics_names(), ElementsAre("loss", "a_loss", "b_loss", "a_mae"));
  EXPECT_EQ(model.evaluate(kX, {kY, wave({10, 1}, 0.2)}).names(), model.metrics_names());
}

TEST(FitLoop, InitialEpochAtTheEndRunsNothing) {
  Model model = Layers().model();
  model.compile(options());
  EXPECT_TRUE(model.fit(kX, kY, {.epochs = 3, .initial_epoch = 3, .verbose = 0}).epochs.empty());
  EXPECT_THAT(model.fit(kX, kY, {.epochs = 5, .initial_epoch = 3, .verbose = 0}).epochs, ElementsAre(3, 4));
}

}  // namespace
}  // namespace lamina
