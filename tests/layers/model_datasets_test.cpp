// SPDX-License-Identifier: Apache-2.0
// Where fit and evaluate take batches from: generators, shuffled tensors, and what fit validates on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "core/data/memory_dataset.h"
#include "tests/testing/expect_error.h"
#include "tests/layers/small_models.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using testing::kX;
using testing::kY;
using testing::Layers;
using testing::options;
using testing::passthrough;
using testing::wave;

constexpr const char* kRanOut =
    "warning: Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate at least "
    "`steps_per_epoch * epochs` batches.\n";

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

TEST(Datasets, ShuffledFitSeesEachRowOncePerEpoch) {
  const auto orders = [](FitOptions fit, uint64_t seed) {
    // The identity of what is fed: in batches of one, the loss is the number of the row.
    const Value x = Input({1}, {.name = "x"});
    Model model({x}, {Lambda([](const Value& v) { return v * 1.0; }, {.name = "row"})(x)});
    CompileOptions compile = options();
    compile.loss = {{"row", passthrough}};
    compile.seed = seed;
    model.compile(compile);
    std::vector<std::vector<double>> epochs;
    double seen = 0;
    fit.batch_size = 1, fit.epochs = 2, fit.verbose = 0;
    fit.callbacks = {callback_of({.on_epoch_begin = [&](int64_t) { epochs.emplace_back(), seen = 0; },
                                  .on_train_batch_end = [&](int64_t batch, const Logs& logs) {
                                    const double sum = *logs.get("loss") * static_cast<double>(batch + 1);
                                    epochs.back().push_back(std::round(sum - seen));
                                    seen = sum;
                                  }})};
    std::vector<float> rows;
    for (int i = 0; i < 20; ++i) rows.push_back(static_cast<float>(i));
    model.fit(HostTensor::of<float>({20, 1}, rows), {}, fit);
    return epochs;
  };
  std::vector<double> sorted;
  for (int i = 0; i < 20; ++i) sorted.push_back(i);
  const auto shuffled = orders({}, 1);
  ASSERT_EQ(shuffled.size(), 2u);
  EXPECT_NE(shuffled[0], shuffled[1]);
  for (std::vector<double> epoch : shuffled) {
    EXPECT_NE(epoch, sorted);
    std::sort(epoch.begin(), epoch.end());
    EXPECT_EQ(epoch, sorted);
  }
  EXPECT_EQ(orders({}, 1), shuffled);
  EXPECT_EQ(orders({.shuffle = true}, 1), shuffled);
  EXPECT_NE(orders({}, 2), shuffled);
  for (const auto& epoch : orders({.shuffle = false}, 1)) EXPECT_EQ(epoch, sorted);
}

TEST(Datasets, RefuseWhatBelongsToTensors) {
  Model model = Layers().model();
  model.compile(options());
  Generated data(5, true);
  const auto text_of = [](const std::string& argument, const std::string& description) {
    return "When providing `x` as a Dataset, `" + argument + "` should not be passed. Instead, " + description +
           " should be included as part of the Dataset.";
  };
  const HostTensor weights = wave({10}, 0.3);
  expect_error(ErrorKind::model, text_of("batch_size", "the batch size"), [&] { model.fit(data, {.batch_size = 2}); });
  expect_error(ErrorKind::model, text_of("shuffle", "the order of the samples"), [&] { model.fit(data, {.shuffle = false}); });
  expect_error(ErrorKind::model, text_of("sample_weight", "the sample weights"), [&] { model.fit(data, {.sample_weight = weights}); });
  expect_error(ErrorKind::model, text_of("batch_size", "the batch size"), [&] { model.evaluate(data, {.batch_size = 2}); });
  expect_error(ErrorKind::model, text_of("sample_weight", "the sample weights"), [&] { model.evaluate(data, {.sample_weight = weights}); });
  expect_error(ErrorKind::model,
               "Argument `validation_split` is only supported for tensors, not for a Dataset. Give `validation_data` or "
               "`validation_dataset`.",
               [&] { model.fit(data, {.validation_split = 0.2}); });
  EXPECT_TRUE(data.seen.empty());
}

TEST(Datasets, AreWeighedByClass) {
  const auto build = [] {
    const Value x = Input({4}, {.name = "x"});
    Model model({x}, {Dense(1, {.name = "out", .activation = "sigmoid"})(x)});
    CompileOptions compile = options();
    compile.loss = "binary_crossentropy";
    model.compile(compile);
    return model;
  };
  const HostTensor y = HostTensor::of<float>({10, 1}, {0, 1, 1, 0, 1, 0, 0, 1, 0, 1});
  Model by_dataset = build(), by_tensors = build();
  Batch all;
  all.inputs.emplace("x", kX);
  all.targets.emplace("out", y);
  MemoryDataset data(all, {.batch_size = 3});
  const FitOptions of_dataset{
      .epochs = 2, .verbose = 0, .validation_data = {kX, y}, .validation_batch_size = 10, .class_weight = {{1, 3.0}}};
  FitOptions of_tensors = of_dataset;
  of_tensors.batch_size = 3;
  of_tensors.shuffle = false;
  EXPECT_EQ(by_dataset.fit(data, of_dataset).series, by_tensors.fit(kX, y, of_tensors).series);
  Model two = [] {
    const Value x = Input({4}, {.name = "x"});
    return Model({x}, {Dense(1, {.name = "a"})(x), Dense(1, {.name = "b"})(x)});
  }();
  two.compile(options());
  Generated none(0, false);
  expect_error(ErrorKind::model, "`class_weight` is only supported for models with a single output",
               [&] { two.fit(none, {.class_weight = {{0, 1.0}}}); });
}

TEST(Datasets, WithNoBatchesAreRefused) {
  Model model = Layers().model();
  model.compile(options());
  Generated none(0, false);
  expect_error(ErrorKind::model, "evaluate got no data", [&] { model.evaluate(none); });
  expect_error(ErrorKind::model, "predict got no data", [&] { model.predict(HostTensor(DType::f32, {0, 4})); });
}

// The validation numbers of a fit that changes nothing: those of evaluate over the same data.
double validated(const FitOptions& fit, Dataset* dataset = nullptr) {
  Model model = Layers().model();
  model.compile(options(sgd({.learning_rate = 0.0})));
  FitOptions silent = fit;
  silent.verbose = 0;
  const History history = dataset ? model.fit(*dataset, silent) : model.fit(kX, kY, silent);
  return history.find("val_loss")->at(0);
}
double evaluated(const HostTensor& x, const HostTensor& y, const Tensors& weights = {}) {
  Model model = Layers().model();
  model.compile(options());
  return *model.evaluate(x, y, {.sample_weight = weights}).get("loss");
}

const HostTensor kValidX = wave({6, 4}, 0.21), kValidY = wave({6, 2}, 0.33);

TEST(Validation, TakesEveryFormOfFit) {
  const double expected = evaluated(kValidX, kValidY);
  EXPECT_EQ(validated({.validation_data = {kValidX, kValidY}}), expected);
  EXPECT_EQ(validated({.validation_data = {{kValidX}, {kValidY}}}), expected);
  EXPECT_EQ(validated({.validation_data = {TensorMap{{"x", kValidX}}, TensorMap{{"out", kValidY}}}}), expected);
  EXPECT_EQ(validated({.validation_data = Batch{{{"x", kValidX}}, {{"out", kValidY}}, {}, 0}}), expected);
  const HostTensor weights = wave({6}, 0.4);
  EXPECT_EQ(validated({.validation_data = {kValidX, kValidY, weights}}), evaluated(kValidX, kValidY, weights));
  Generated data(5, true);
  EXPECT_EQ(validated({.validation_data = {kValidX, kValidY}}, &data), expected);
}

TEST(Validation, OfTwoOutputsIsByListOrName) {
  const Value x = Input({4}, {.name = "x"});
  Model model({x}, {Dense(2, {.name = "a"})(x), Dense(1, {.name = "b"})(x)});
  model.compile(options(sgd({.learning_rate = 0.0})));
  const HostTensor other = wave({6, 1}, 0.5);
  const std::vector<HostTensor> y = {kY, wave({10, 1}, 0.1)};
  const History by_list = model.fit(kX, y, {.verbose = 0, .validation_data = {kValidX, {kValidY, other}}});
  const History by_name = model.fit(kX, y, {.verbose = 0, .validation_data = {kValidX, {{"b", other}, {"a", kValidY}}}});
  EXPECT_EQ(*by_list.find("val_loss"), *by_name.find("val_loss"));
  EXPECT_EQ(by_list.find("val_a_loss")->at(0), *model.evaluate(kValidX, {kValidY, other}).get("a_loss"));
}

TEST(Validation, DataOverridesTheSplit) {
  EXPECT_EQ(validated({.validation_split = 0.5, .validation_data = {kValidX, kValidY}}), evaluated(kValidX, kValidY));
  // All rows train: with those that a split would take away the loss of the first epoch differs.
  Model model = Layers().model();
  model.compile(options(sgd({.learning_rate = 0.0})));
  EXPECT_EQ(model.fit(kX, kY, {.verbose = 0, .validation_split = 0.5, .validation_data = {kValidX, kValidY}}).find("loss")->at(0),
            *model.evaluate(kX, kY).get("loss"));
}

TEST(Validation, MayComeFromADataset) {
  Batch all;
  all.inputs.emplace("x", kValidX);
  all.targets.emplace("out", kValidY);
  FitOptions fit;
  fit.validation_dataset = std::make_shared<MemoryDataset>(all, MemoryDatasetOptions{.batch_size = 6});
  EXPECT_EQ(validated(fit), evaluated(kValidX, kValidY));
  fit.validation_data = {kValidX, kValidY};
  expect_error(ErrorKind::model, "`validation_data` and `validation_dataset` were both given; fit validates on one of them",
               [&] { validated(fit); });
}

TEST(Validation, BatchSizeIsThatOfTrainingOrItsOwn) {
  const auto batches = [](FitOptions fit) {
    int64_t count = 0;
    class Counting final : public Callback {
     public:
      explicit Counting(int64_t& count) : count_(count) {}
      void on_test_batch_end(int64_t, const Logs&) override { ++count_; }

     private:
      int64_t& count_;
    };
    fit.callbacks = {std::make_shared<Counting>(count)};
    validated(fit);
    return count;
  };
  EXPECT_EQ(batches({.validation_data = {kValidX, kValidY}}), 1);
  EXPECT_EQ(batches({.batch_size = 4, .validation_data = {kValidX, kValidY}}), 2);
  EXPECT_EQ(batches({.batch_size = 4, .validation_data = {kValidX, kValidY}, .validation_batch_size = 2}), 3);
}

TEST(Validation, IsNotWeighedByClass) {
  const Value x = Input({4}, {.name = "x"});
  Model model({x}, {Dense(1, {.name = "out", .activation = "sigmoid"})(x)});
  CompileOptions compile = options(sgd({.learning_rate = 0.0}));
  compile.loss = "binary_crossentropy";
  model.compile(compile);
  const HostTensor y = HostTensor::of<float>({10, 1}, {0, 1, 1, 0, 1, 0, 0, 1, 0, 1});
  const History by_split = model.fit(kX, y, {.shuffle = false, .verbose = 0, .validation_split = 0.3, .class_weight = {{0, 5.0}, {1, 3.0}}});
  EXPECT_EQ(by_split.find("val_loss")->at(0), *model.evaluate(kX.rows(7, 3), y.rows(7, 3)).get("loss"));
  EXPECT_GT(by_split.find("loss")->at(0), 2 * *model.evaluate(kX.rows(0, 7), y.rows(0, 7)).get("loss"));
  // The weights of samples go with their rows.
  const HostTensor weights = wave({10}, 0.4);
  const History weighted = model.fit(kX, y, {.verbose = 0, .validation_split = 0.3, .sample_weight = weights, .class_weight = {{1, 3.0}}});
  EXPECT_EQ(weighted.find("val_loss")->at(0), *model.evaluate(kX.rows(7, 3), y.rows(7, 3), {.sample_weight = weights.rows(7, 3)}).get("loss"));
}

}  // namespace
}  // namespace lamina
