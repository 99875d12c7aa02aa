// SPDX-License-Identifier: Apache-2.0
// ModelCheckpoint: which files it writes, what it prints, what it skips with a warning and what it refuses before the
// first step. Its decisions on a series are held to Keras by golden_callbacks_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "layers/lamina.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/scratch_folder.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using testing::expect_error;

// A fit whose logs hold these numbers besides the loss, which is 1.
struct CheckpointedFit {
  testing::ScratchFolder folder;
  std::ostringstream out;
  int64_t epochs = 0;

  std::string path(const std::string& name) const { return (folder / name).string(); }

  void fit(CheckpointOptions options, const std::string& log, const std::vector<double>& values,
           const std::optional<Batch>& validation = {}) {
    const Value x = Input({1}, {.name = "x"});
    Model model({x}, {Dense(1, {.name = "out", .kernel_initializer = zeros()})(x)});
    model.compile({.optimizer = sgd({.learning_rate = 0.0}), .loss = "mse", .device = "cpu"});
    const HostTensor ones = HostTensor::of<float>({2, 1}, {1, 1});
    const auto feed = callback_of({.on_epoch_end = [&](int64_t epoch, Logs& logs) {
      ++epochs;
      const double value = values.at(static_cast<size_t>(epoch));
      if (value >= 0) logs.set(log, value);
    }});
    options.out = &out;
    FitOptions fit_options{.epochs = static_cast<int64_t>(values.size()), .verbose = 0, .callbacks = {feed, model_checkpoint(options)}};
    if (validation) fit_options.validation_data = *validation;
    model.fit(ones, ones, fit_options);
  }
};

TEST(ModelCheckpoint, NamesFilesByEpochAndLogs) {
  CheckpointedFit run;
  run.fit({.path = run.path("{epoch:03d}-{epoch}-{loss}-{acc:.2f}-{acc:.1e}-{acc}.npz")}, "acc", {0.125, 1});
  EXPECT_THAT(run.folder.names(), UnorderedElementsAre("001-1-1.0-0.12-1.2e-01-0.125.npz", "002-2-1.0-1.00-1.0e+00-1.0.npz"));
  EXPECT_EQ(run.out.str(), "");
}

TEST(ModelCheckpoint, SaysWhatItSaves) {
  CheckpointedFit run;
  run.fit({.path = run.path("{epoch}.npz"), .verbose = 1}, "acc", {0, 0});
  EXPECT_EQ(run.out.str(), "\nEpoch 1: saving model to " + run.path("1.npz") + "\n\nEpoch 2: saving model to " + run.path("2.npz") + "\n");
}

TEST(ModelCheckpoint, OfTheBestOnlySaysWhetherItImproved) {
  CheckpointedFit run;
  run.fit({.path = run.path("{epoch}.npz"), .monitor = "acc", .verbose = 1, .save_best_only = true}, "acc", {0.5, 0.25, 0.75});
  EXPECT_EQ(run.out.str(), "\nEpoch 1: acc improved from -inf to 0.50000, saving model to " + run.path("1.npz") +
                               "\n\nEpoch 2: acc did not improve from 0.50000\n"
                               "\nEpoch 3: acc improved from 0.50000 to 0.75000, saving model to " + run.path("3.npz") + "\n");
  EXPECT_THAT(run.folder.names(), UnorderedElementsAre("1.npz", "3.npz"));
}

TEST(ModelCheckpoint, OfTheBestOnlyStartsFromAThreshold) {
  CheckpointedFit run;
  run.fit({.path = run.path("{epoch}.npz"), .monitor = "error", .save_best_only = true, .initial_value_threshold = 0.5}, "error", {0.6, 0.4});
  EXPECT_THAT(run.folder.names(), ElementsAre("2.npz"));
}

TEST(ModelCheckpoint, PeriodCountsEpochsAndLooksAtNoOther) {
  CheckpointedFit run;
  run.fit({.path = run.path("{epoch}.npz"), .period = 2}, "acc", {0, 0, 0, 0, 0});
  EXPECT_THAT(run.folder.names(), UnorderedElementsAre("2.npz", "4.npz"));
  CheckpointedFit best;
  best.fit({.path = best.path("{epoch}.npz"), .monitor = "acc", .save_best_only = true, .period = 2}, "acc", {0.9, 0.5, 0.9, 0.6});
  EXPECT_THAT(best.folder.names(), UnorderedElementsAre("2.npz", "4.npz"));
}

TEST(ModelCheckpoint, SkipsAnEpochWithoutTheLogAndGoesOn) {
  CheckpointedFit run;
  const std::string path = run.path("{epoch}-{acc:.2f}.npz");
  run.fit({.path = path}, "acc", {-1, 0.5});
  EXPECT_EQ(run.out.str(), "warning: Failed to format this callback filepath: \"" + path + "\". Reason: 'acc'. Not saved; the logs are: loss\n");
  EXPECT_THAT(run.folder.names(), ElementsAre("2-0.50.npz"));
}

TEST(ModelCheckpoint, OfTheBestOnlySkipsAnEpochWithoutItsMetric) {
  CheckpointedFit run;
  run.fit({.path = run.path("{epoch}.npz"), .monitor = "acc", .save_best_only = true}, "acc", {-1, 0.5});
  EXPECT_EQ(run.out.str(), "warning: Can save best model only with acc available, skipping. Available metrics are: loss\n");
  EXPECT_THAT(run.folder.names(), ElementsAre("2.npz"));
}

TEST(ModelCheckpoint, RefusesAtTheStartWhatNeedsValidation) {
  CheckpointedFit run;
  const std::string named = run.path("{epoch}-{val_loss:.2f}.npz"), plain = run.path("best.npz");
  const auto message = [](const std::string& path) {
    return "Failed to format this callback filepath: \"" + path +
           "\". Reason: 'val_loss'. There is no validation data; give fit some, or watch a training log";
  };
  expect_error(ErrorKind::model, message(named), [&] { run.fit({.path = named}, "acc", {0}); });
  expect_error(ErrorKind::model, message(plain), [&] { run.fit({.path = plain, .save_best_only = true}, "acc", {0}); });
  EXPECT_EQ(run.epochs, 0);
  run.fit({.path = plain}, "acc", {0});  // watches nothing
  EXPECT_THAT(run.folder.names(), ElementsAre("best.npz"));
}

TEST(ModelCheckpoint, IsNotReachedByAnEmptyValidationSet) {
  CheckpointedFit run;
  const HostTensor none(DType::f32, {0, 1});
  expect_error(ErrorKind::model, "the validation data is empty: give fit samples to validate on, or no validation data",
               [&] { run.fit({.path = run.path("{val_loss:.2f}.npz")}, "acc", {0}, Batch{{{"x", none}}, {{"out", none}}, {}, 0}); });
  EXPECT_EQ(run.epochs, 0);
  EXPECT_THAT(run.folder.names(), IsEmpty());
}

TEST(ModelCheckpoint, RefusesAPathThatIsNoFormat) {
  expect_error(ErrorKind::model, "ModelCheckpoint: the path \"{epoch\" opens a { that is not closed", [] { model_checkpoint({.path = "{epoch"}); });
  for (const std::string format : {"q", ".4q", "4f", ".f", "100d", ".123f", "-2d"}) {
    expect_error(ErrorKind::model, "ModelCheckpoint: the path \"{epoch:" + format + "}\" has the format '" + format + "'; known are 02d, .4f and .2e",
                 [&] { model_checkpoint({.path = "{epoch:" + format + "}"}); });
  }
  expect_error(ErrorKind::model,
               "ModelCheckpoint: the path \"{loss:02d}\" has the format '02d' for 'loss', which is no whole number; take .4f or .2e",
               [] { model_checkpoint({.path = "{loss:02d}"}); });
  expect_error(ErrorKind::model, "ModelCheckpoint: period must be positive, got 0", [] { model_checkpoint({.path = "w.npz", .period = 0}); });
}

}  // namespace
}  // namespace lamina
