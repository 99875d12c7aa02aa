// SPDX-License-Identifier: Apache-2.0
// Callbacks against Keras: decisions on a fed series of numbers, files written, the order of hooks.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/base/text.h"
#include "core/io/safetensors.h"
#include "tests/layers/golden_model.h"
#include "tests/testing/golden.h"
#include "tests/testing/scratch_folder.h"

namespace lamina {
namespace {

using nlohmann::json;
using testing::is_golden;
using testing::tensor_of;

Model dense_model() {
  const Value x = Input({2}, {.name = "x"});
  return Model({x}, {Dense(1, {.name = "dense"})(x)});
}

HostTensor zeros_of(const Extents& extents) { return HostTensor(DType::f32, extents); }

// The epoch whose weights these are: the feed sets every weight to its epoch.
int64_t epoch_of(const HostTensor& weight) { return static_cast<int64_t>(weight.at(0)); }

// Comes first: gives the epoch its number, and its weights.
class EpochFeed final : public Callback {
 public:
  EpochFeed(std::string monitor, std::vector<double> values) : monitor_(std::move(monitor)), values_(std::move(values)) {}

  void on_epoch_end(int64_t epoch, Logs& logs) override {
    logs.set(monitor_, values_.at(static_cast<size_t>(epoch)));
    std::vector<HostTensor> weights;
    for (const HostTensor& weight : model().get_weights()) {
      weights.push_back(HostTensor::of<float>(weight.extents(), std::vector<float>(static_cast<size_t>(weight.count()), static_cast<float>(epoch))));
    }
    model().set_weights(weights);
    ++epochs;
  }

  int64_t epochs = 0;

 private:
  std::string monitor_;
  std::vector<double> values_;
};

// Comes last: what the callback under test made of the learning rate.
class RateAfter final : public Callback {
 public:
  void on_epoch_begin(int64_t) override { at_begin.push_back(model().optimizer()->learning_rate()); }
  void on_epoch_end(int64_t, Logs&) override { at_end.push_back(model().optimizer()->learning_rate()); }
  std::vector<double> at_begin, at_end;
};

struct Run {
  Model model;
  int64_t epochs = 0;
  bool stopped = false;
  std::shared_ptr<RateAfter> rates = std::make_shared<RateAfter>();
};

Run run_fed(const json& golden, const std::shared_ptr<Callback>& callback) {
  Run run{dense_model()};
  run.model.compile({.optimizer = sgd({.learning_rate = golden.at("config").at("initial_learning_rate").get<double>()}), .loss = "mse", .device = "cpu"});
  const std::string monitor = golden.at("feed").at("monitor");
  const std::vector<double> values = golden.at("feed").at("values");
  const auto feed = std::make_shared<EpochFeed>(monitor, values);
  FitOptions options{.epochs = static_cast<int64_t>(values.size()), .verbose = 0, .callbacks = {feed, callback, run.rates}};
  if (monitor.starts_with("val_")) options.validation_data = Batch{{{"x", zeros_of({2, 2})}}, {{"dense", zeros_of({2, 1})}}, {}, 2};
  run.model.fit(zeros_of({2, 2}), zeros_of({2, 1}), options);
  run.epochs = feed->epochs;
  run.stopped = run.model.stops_training();
  return run;
}

MonitorMode mode_of(const json& args) {
  const std::string mode = args.at("mode");
  if (mode == "auto") return MonitorMode::automatic;
  if (mode == "min") return MonitorMode::min;
  if (mode == "max") return MonitorMode::max;
  testing::unknown_in_golden("an unknown mode " + mode);
}

std::optional<double> optional_of(const json& number) {
  return number.is_null() ? std::nullopt : std::optional<double>(number.get<double>());
}

void expect_rates(const std::vector<double>& rates, const json& expected) {
  ASSERT_EQ(rates.size(), expected.size());
  for (size_t i = 0; i < rates.size(); ++i) EXPECT_TRUE(is_golden(rates[i], expected[i].get<double>())) << "epoch " << i;
}

void check_early_stopping(const json& golden) {
  const json &args = golden.at("config").at("args"), &expected = golden.at("expected");
  std::ostringstream said;
  const Run run = run_fed(golden, early_stopping({.monitor = args.at("monitor"),
                                                  .min_delta = args.at("min_delta"),
                                                  .patience = args.at("patience"),
                                                  .verbose = 1,
                                                  .mode = mode_of(args),
                                                  .baseline = optional_of(args.at("baseline")),
                                                  .restore_best_weights = args.at("restore_best_weights"),
                                                  .start_from_epoch = args.at("start_from_epoch"),
                                                  .out = &said}));
  EXPECT_EQ(run.epochs, expected.at("epochs_run").get<int64_t>());
  EXPECT_EQ(run.stopped, expected.at("stopped").get<bool>());
  EXPECT_EQ(epoch_of(run.model.get_weights()[0]), expected.at("weights_are_of_epoch").get<int64_t>());
  const json& epoch = expected.at("stopped_epoch");
  EXPECT_EQ(said.str(), epoch.is_null() ? "" : text("Epoch ", epoch.get<int64_t>() + 1, ": early stopping\n"));
}

void check_reduce_lr(const json& golden) {
  const json& args = golden.at("config").at("args");
  const Run run = run_fed(golden, reduce_lr_on_plateau({.monitor = args.at("monitor"),
                                                        .factor = args.at("factor"),
                                                        .patience = args.at("patience"),
                                                        .mode = mode_of(args),
                                                        .min_delta = args.at("min_delta"),
                                                        .cooldown = args.at("cooldown"),
                                                        .min_lr = args.at("min_lr")}));
  expect_rates(run.rates->at_end, golden.at("expected").at("learning_rate_after_epoch"));
}

void check_scheduler(const json& golden) {
  const std::string formula = golden.at("config").at("args").at("schedule");
  std::function<double(int64_t, double)> schedule;
  if (formula == "0.1 / (epoch + 1)") schedule = [](int64_t epoch, double) { return 0.1 / static_cast<double>(epoch + 1); };
  if (formula == "lr * 0.5 if epoch % 2 == 1 else lr") {
    schedule = [](int64_t epoch, double rate) { return epoch % 2 == 1 ? rate * 0.5 : rate; };
  }
  if (!schedule) testing::unknown_in_golden("an unknown schedule " + formula);
  const Run run = run_fed(golden, learning_rate_scheduler(schedule));
  expect_rates(run.rates->at_begin, golden.at("expected").at("learning_rate_of_epoch"));
}

void check_checkpoint(const json& golden) {
  const json& args = golden.at("config").at("args");
  const testing::ScratchFolder folder;
  run_fed(golden, model_checkpoint({.path = (folder / (args.at("filepath").get<std::string>() + ".safetensors")).string(),
                                    .monitor = args.at("monitor"),
                                    .save_best_only = args.at("save_best_only"),
                                    .mode = mode_of(args),
                                    .initial_value_threshold = optional_of(args.at("initial_value_threshold"))}));
  std::map<std::string, int64_t> saved, expected;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    saved[entry.path().stem().string()] = epoch_of(read_safetensors(entry.path().string()).tensors.at(0).tensor);
  }
  for (const json& file : golden.at("expected").at("files")) expected[file.at("name")] = file.at("epoch");
  EXPECT_EQ(saved, expected);
}

// The model, data and options of a case that fits for real.
void fit_golden(const json& golden, const std::shared_ptr<Callback>& callback) {
  const json &config = golden.at("config"), &fit = config.at("fit"), &data = golden.at("data");
  Model model = dense_model();
  std::vector<HostTensor> weights;
  for (const auto& [name, contents] : testing::named_tensors_of(golden.at("weights"))) weights.push_back(contents);
  model.set_weights(weights);
  model.compile({.optimizer = testing::golden_optimizer(config.at("optimizer")),
                 .loss = testing::golden_losses(config.at("loss")),
                 .metrics = testing::golden_metrics(config.at("metrics"), json::array({"dense"})),
                 .device = "cpu"});
  FitOptions options{.batch_size = fit.at("batch_size"), .epochs = fit.at("epochs"), .shuffle = false, .verbose = 0, .callbacks = {callback}};
  options.initial_epoch = fit.value("initial_epoch", 0);
  if (data.contains("validation")) {
    const json& validation = data.at("validation");
    options.validation_data = Batch{{{"x", tensor_of(validation.at("x"))}}, {{"dense", tensor_of(validation.at("y"))}}, {}, 0};
  }
  model.fit(tensor_of(data.at("x")), tensor_of(data.at("y")), options);
}

void check_csv(const json& golden) {
  const testing::ScratchFolder folder;
  const std::string path = (folder / "log.csv").string(), separator = golden.at("config").at("args").at("separator");
  fit_golden(golden, csv_logger({.path = path, .separator = separator.at(0), .append = golden.at("config").at("args").at("append")}));
  std::ifstream file(path);
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  EXPECT_EQ(line, golden.at("expected").at("header").get<std::string>());
  for (const json& row : golden.at("expected").at("rows")) {
    ASSERT_TRUE(std::getline(file, line));
    std::istringstream cells(line);
    std::string cell;
    for (const json& number : row) {
      ASSERT_TRUE(std::getline(cells, cell, separator.at(0)));
      EXPECT_TRUE(is_golden(std::stod(cell), number.get<double>()));
    }
  }
  EXPECT_FALSE(std::getline(file, line)) << line;
}

// Writes down every hook with its index and the names of its logs.
class Recorder final : public Callback {
 public:
  std::vector<json> calls;

  void on_train_begin(const TrainingPlan&) override { note("on_train_begin"); }
  void on_train_end(const Logs& logs) override { note("on_train_end", {}, logs); }
  void on_epoch_begin(int64_t epoch) override { note("on_epoch_begin", epoch); }
  void on_epoch_end(int64_t epoch, Logs& logs) override { note("on_epoch_end", epoch, logs); }
  void on_train_batch_begin(int64_t batch) override { note("on_train_batch_begin", batch); }
  void on_train_batch_end(int64_t batch, const Logs& logs) override { note("on_train_batch_end", batch, logs); }
  void on_test_begin() override { note("on_test_begin"); }
  void on_test_end(const Logs& logs) override { note("on_test_end", {}, logs); }
  void on_test_batch_begin(int64_t batch) override { note("on_test_batch_begin", batch); }
  void on_test_batch_end(int64_t batch, const Logs& logs) override { note("on_test_batch_end", batch, logs); }

 private:
  void note(const char* hook, std::optional<int64_t> index = {}, const Logs& logs = {}) {
    std::vector<std::string> keys = logs.names();
    std::sort(keys.begin(), keys.end());
    json call = {{"hook", hook}, {"index", nullptr}, {"keys", keys}};
    if (index) call["index"] = *index;
    calls.push_back(call);
  }
};

void check_hook_order(const json& golden) {
  const auto recorder = std::make_shared<Recorder>();
  fit_golden(golden, recorder);
  const std::vector<json> expected = golden.at("expected").at("calls");
  ASSERT_EQ(recorder->calls.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(recorder->calls[i], expected[i]) << "call " << i;
}

void check_terminate_on_nan(const json& golden) {
  const json &fit = golden.at("config").at("fit"), &expected = golden.at("expected");
  const int64_t rows = fit.at("rows");
  std::vector<float> y(static_cast<size_t>(rows), 1.0f);
  for (const size_t row : golden.at("config").at("nan_rows_of_y")) y[row] = std::numeric_limits<float>::quiet_NaN();
  Model model = dense_model();
  model.compile({.optimizer = "sgd", .loss = "mse", .device = "cpu"});
  std::ostringstream said;
  const auto recorder = std::make_shared<Recorder>();
  const History history = model.fit(zeros_of({rows, 2}), HostTensor::of<float>({rows, 1}, y),
                                    {.batch_size = fit.at("batch_size"), .epochs = fit.at("epochs"), .shuffle = false, .verbose = 0,
                                     .callbacks = {recorder, terminate_on_nan(&said)}});
  EXPECT_EQ(said.str(), expected.at("printed").get<std::string>() + "\n");
  int64_t batches = 0, last = -1;
  for (const json& call : recorder->calls) {
    if (call.at("hook") != "on_train_batch_end") continue;
    ++batches;
    last = call.at("index");
  }
  EXPECT_EQ(batches, expected.at("batches_run").get<int64_t>());
  EXPECT_EQ(last, expected.at("last_batch").get<int64_t>());
  EXPECT_EQ(static_cast<int64_t>(history.epochs.size()), expected.at("epochs_run").get<int64_t>());
}

class GoldenCallback : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenCallback, DoesAsKeras) {
  const json golden = testing::load_golden(GetParam());
  const std::map<std::string, void (*)(const json&)> checks = {
      {"EarlyStopping", check_early_stopping}, {"ReduceLROnPlateau", check_reduce_lr}, {"LearningRateScheduler", check_scheduler},
      {"ModelCheckpoint", check_checkpoint},   {"CSVLogger", check_csv},               {"user", check_hook_order},
      {"TerminateOnNaN", check_terminate_on_nan}};
  checks.at(golden.at("config").at("callback"))(golden);
}

INSTANTIATE_TEST_SUITE_P(Keras, GoldenCallback, ::testing::ValuesIn(testing::golden_names("callbacks")), testing::golden_case_name);

}  // namespace
}  // namespace lamina
