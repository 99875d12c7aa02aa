// SPDX-License-Identifier: Apache-2.0
// Callbacks beyond their decisions, which golden_callbacks_test.cpp holds to Keras: what they print, what they write,
// what they put into the logs, and what they refuse. ModelCheckpoint has checkpoint_test.cpp.
#include "layers/callbacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "layers/callbacks/messages.h"
#include "layers/callbacks/monitor.h"
#include "layers/lamina.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/scratch_folder.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

using Callbacks = std::vector<std::shared_ptr<Callback>>;

// One weight that starts at 0 and is asked for 1: the loss is 1 in each epoch at a rate of 0.
struct Task {
  Model model = [] {
    const Value x = Input({1}, {.name = "x"});
    return Model({x}, {Dense(1, {.name = "out", .use_bias = false, .kernel_initializer = zeros()})(x)});
  }();
  HostTensor x = HostTensor::of<float>({2, 1}, {1, 1}), y = x;

  explicit Task(double rate = 0) { model.compile({.optimizer = sgd({.learning_rate = rate}), .loss = "mse", .device = "cpu"}); }

  History fit(Callbacks callbacks, int64_t epochs = 1, bool validation = false) {
    FitOptions options{.epochs = epochs, .verbose = 0, .callbacks = std::move(callbacks)};
    if (validation) options.validation_data = Batch{{{"x", x}}, {{"out", y}}, {}, 2};
    return model.fit(x, y, options);
  }
};

std::string contents_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Monitor, AutomaticModeGoesByTheMetricsOwnName) {
  const auto is_max = [](const char* name) { return Monitor(name, MonitorMode::automatic).wants_more(); };
  for (const char* name : {"acc", "val_acc", "accuracy", "val_out_sparse_categorical_accuracy", "heatmap_accuracy", "AUC", "val_auc",
                           "auc_1", "fmeasure", "val_f1_score", "f1", "precision", "recall", "mean_io_u", "val_iou", "map", "val_mAP",
                           "map50", "val_map50-95", "precision@0.5", "val_CosineSimilarity", "loss_accuracy"}) {
    EXPECT_TRUE(is_max(name)) << name;
  }
  for (const char* name : {"loss", "val_loss", "heatmap_loss", "val_heatmap_loss", "accuracy_loss", "iou_loss", "val_heatmap",
                           "heatmap_mae", "mape", "val_mape", "auc_head_mse", "accident", "mse_1", "root_mean_squared_error"}) {
    EXPECT_FALSE(is_max(name)) << name;
  }
}

TEST(Monitor, TakesTheModeThatIsGiven) {
  EXPECT_TRUE(Monitor("loss", MonitorMode::max).wants_more());
  EXPECT_FALSE(Monitor("accuracy", MonitorMode::min).wants_more());
}

TEST(Monitor, SaysWhatThereIsInstead) {
  std::ostringstream out;
  Task().fit({early_stopping({.out = &out})});
  EXPECT_EQ(out.str(), "warning: Early stopping conditioned on metric `val_loss` which is not available. Available metrics are: loss\n");
  out.str("");
  Task().fit({reduce_lr_on_plateau({.out = &out})});
  EXPECT_EQ(out.str(), "warning: Learning rate reduction is conditioned on metric `val_loss` which is not available. Available metrics "
                       "are: loss,learning_rate\n");
}

TEST(Messages, WriteFloatsAsPythonDoes) {
  const std::vector<std::pair<double, std::string>> cases = {
      {1, "1.0"},        {0, "0.0"},      {-2.5, "-2.5"},   {0.1, "0.1"},   {1e-4, "0.0001"},       {1e-5, "1e-05"}, {1.5e-7, "1.5e-07"},
      {1e5, "100000.0"}, {1e16, "1e+16"}, {1e-300, "1e-300"}, {kNan, "nan"}, {-1.0 / 0.0, "-inf"}, {1.0 / 0.0, "inf"}};
  for (const auto& [value, written] : cases) EXPECT_EQ(python_float(value), written);
}

TEST(EarlyStopping, SaysTheEpochAtWhichItStopped) {
  std::ostringstream out;
  const History history = Task().fit({early_stopping({.monitor = "loss", .patience = 2, .verbose = 1, .out = &out})}, 10);
  EXPECT_EQ(history.epochs.size(), 3u);
  EXPECT_EQ(out.str(), "Epoch 3: early stopping\n");
}

TEST(ReduceLrOnPlateau, SaysTheNewRateAndLogsTheOneThatWasUsed) {
  std::ostringstream out;
  const History history = Task(1e-12).fit(
      {reduce_lr_on_plateau({.monitor = "loss", .factor = 0.5, .patience = 1, .verbose = 1, .min_lr = 0.3e-12, .out = &out})}, 4);
  EXPECT_EQ(out.str(),
            "\nEpoch 2: ReduceLROnPlateau reducing learning rate to 5e-13.\n"
            "\nEpoch 3: ReduceLROnPlateau reducing learning rate to 3e-13.\n");
  ASSERT_TRUE(history.find("learning_rate"));
  EXPECT_THAT(*history.find("learning_rate"), ElementsAre(1e-12, 1e-12, 5e-13, 3e-13));
}

TEST(ReduceLrOnPlateau, RefusesToRaiseTheRate) {
  expect_error(ErrorKind::model, "ReduceLROnPlateau does not support a factor >= 1.0. Received factor=1",
               [] { reduce_lr_on_plateau({.factor = 1}); });
}

TEST(LearningRateScheduler, SaysAndLogsTheRateOfEachEpoch) {
  std::ostringstream out;
  Task task(0.5);
  const History history = task.fit({learning_rate_scheduler([](int64_t epoch, double rate) { return epoch ? rate * 1e-4 : 1; }, 1, &out)}, 2);
  EXPECT_EQ(out.str(),
            "\nEpoch 1: LearningRateScheduler setting learning rate to 1.0.\n"
            "\nEpoch 2: LearningRateScheduler setting learning rate to 0.0001.\n");
  EXPECT_THAT(*history.find("learning_rate"), ElementsAre(1, 1e-4));
}

TEST(LearningRateScheduler, RefusesWhatIsNoRate) {
  const std::vector<std::pair<double, std::string>> cases = {{kNan, "nan"}, {1.0 / 0.0, "inf"}, {-1, "-1.0"}};
  for (const auto& [rate, written] : cases) {
    Task task;
    expect_error(ErrorKind::model,
                 "The output of the `schedule` function should be a float, finite and not negative. Got: " + written + " for epoch 1",
                 [&, bad = rate] { task.fit({learning_rate_scheduler([=](int64_t epoch, double) { return epoch == 1 ? bad : 0.0; })}, 3); });
  }
  expect_error(ErrorKind::model, "LearningRateScheduler needs a `schedule` function of (epoch, rate), got none",
               [] { learning_rate_scheduler({}); });
}

TEST(CsvLogger, AppendsRowsWithoutASecondHeader) {
  const testing::ScratchFolder folder;
  const std::filesystem::path file = folder / "log.csv";
  Task().fit({csv_logger({.path = file, .append = true})}, 2);
  Task().fit({csv_logger({.path = file, .append = true})}, 1);
  EXPECT_EQ(contents_of(file), "epoch,loss\n0,1.0\n1,1.0\n0,1.0\n");
  Task().fit({csv_logger({.path = file, .separator = ';'})}, 1, true);
  EXPECT_EQ(contents_of(file), "epoch;loss;val_loss\n0;1.0;1.0\n");
}

TEST(CsvLogger, WritesNaForWhatAnEpochLacks) {
  const testing::ScratchFolder folder;
  std::ostringstream said;
  Task task;
  const auto spoil = callback_of({.on_epoch_begin = [&](int64_t epoch) {
    if (epoch == 1) task.model.set_weights({HostTensor::of<float>({1, 1}, {static_cast<float>(kNan)})});
  }});
  task.fit({spoil, terminate_on_nan(&said), csv_logger({.path = folder / "log.csv"})}, 5, true);
  EXPECT_EQ(contents_of(folder / "log.csv"), "epoch,loss,val_loss\n0,1.0,1.0\n1,nan,NA\n");
}

TEST(CsvLogger, WorksAgainAfterAFitThatThrew) {
  const testing::ScratchFolder folder;
  const auto logger = csv_logger({.path = folder / "log.csv"});
  Task task;
  const auto fail = callback_of({.on_epoch_begin = [](int64_t epoch) {
    if (epoch == 1) throw Error(ErrorKind::usage, "interrupted");
  }});
  expect_error(ErrorKind::usage, "interrupted", [&] { task.fit({logger, fail}, 3); });
  EXPECT_EQ(contents_of(folder / "log.csv"), "epoch,loss\n0,1.0\n");
  task.fit({logger}, 1, true);
  EXPECT_EQ(contents_of(folder / "log.csv"), "epoch,loss,val_loss\n0,1.0,1.0\n");
}

TEST(CsvLogger, SaysWhatItCannotWrite) {
  const testing::ScratchFolder folder;
  const std::string path = folder / "missing" / "log.csv";
  expect_error(ErrorKind::io, "CSVLogger: cannot write '" + path + "'; is the folder there and writable?",
               [&] { Task().fit({csv_logger({.path = path})}); });
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no device that is always full";
  expect_error(ErrorKind::io, "CSVLogger: writing '/dev/full' failed; is the disk full?",
               [] { Task().fit({csv_logger({.path = "/dev/full"})}); });
}

TEST(TerminateOnNan, EndsTrainingAtTheBatchAndSaysIt) {
  std::ostringstream said;
  Task task;
  task.y.as<float>()[1] = static_cast<float>(kNan);
  const History history =
      task.model.fit(task.x, task.y, {.batch_size = 1, .epochs = 3, .shuffle = false, .verbose = 0, .callbacks = {terminate_on_nan(&said)}});
  EXPECT_EQ(said.str(), "Batch 1: Invalid loss, terminating training\n");
  EXPECT_EQ(history.epochs.size(), 1u);
}

TEST(CallbackOf, CallsTheFunctionsThatWereGiven) {
  std::vector<std::string> calls;
  const auto note = [&](const std::string& hook) { calls.push_back(hook); };
  const auto all = callback_of({.on_epoch_begin = [&](int64_t epoch) { note(text("epoch begin ", epoch)); },
                                .on_epoch_end = [&](int64_t epoch, Logs& logs) {
                                  note(text("epoch end ", epoch, " ", join(logs.names())));
                                  logs.set("own", 7);
                                },
                                .on_train_batch_begin = [&](int64_t batch) { note(text("batch begin ", batch)); },
                                .on_train_batch_end = [&](int64_t batch, const Logs& logs) {
                                  note(text("batch end ", batch, " ", join(logs.names())));
                                },
                                .on_train_begin = [&] { note("train begin"); },
                                .on_train_end = [&](const Logs& logs) { note(text("train end ", join(logs.names()))); }});
  const History history = Task().fit({callback_of({}), all}, 1, true);
  EXPECT_THAT(calls, ElementsAre("train begin", "epoch begin 0", "batch begin 0", "batch end 0 loss", "epoch end 0 loss, val_loss",
                                 "train end loss, val_loss, own"));
  EXPECT_THAT(*history.find("own"), ElementsAre(7));
}

}  // namespace
}  // namespace lamina
