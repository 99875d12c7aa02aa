// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/run/run_log.h"

#include <gtest/gtest.h>

#include "core/io/read_file.h"
#include "layers/lamina.h"
#include "tests/core/io/faulty_file_ops.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/scratch_folder.h"

namespace lamina::yolov3 {
namespace {

using testing::FaultyFileOps;
using testing::ScratchFolder;

std::vector<nlohmann::json> lines_of(const RunFolder& run) {
  const auto bytes = read_file(run / "log.jsonl");
  std::istringstream log(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(log, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

Logs loss(double value) {
  Logs logs;
  logs.set("loss", value);
  return logs;
}

TEST(RunLog, LogsEpochsAndStepsOfATraining) {
  ScratchFolder scratch;
  RunFolder run = RunFolder::fresh(scratch.path(), "r");
  const auto log = std::make_shared<RunLog>(
      run, [](const std::string& reason) { ADD_FAILURE() << reason; }, 2);
  const Value x = Input({1}, {.name = "x"});
  Model model({x}, {Dense(1, {.name = "y"})(x)});
  model.compile({.optimizer = sgd({.learning_rate = 0.1}), .loss = "mse", .device = "cpu"});
  const HostTensor data = HostTensor::of<float>({4, 1}, {0, 1, 2, 3});
  const History history = model.fit(data, data, {.batch_size = 1, .epochs = 2, .verbose = 0, .callbacks = {log}});
  const std::vector<nlohmann::json> lines = lines_of(run);
  ASSERT_EQ(lines.size(), 6u);  // steps 1 and 3 and the epoch, twice
  EXPECT_EQ(lines[0]["step"], 1);
  EXPECT_EQ(lines[4]["epoch"], 1);
  EXPECT_EQ(lines[4]["step"], 3);
  EXPECT_EQ(lines[2]["epoch"], 0);
  EXPECT_EQ(lines[2]["loss"], history.at("loss")[0]);
  EXPECT_EQ(lines[5]["loss"], history.at("loss")[1]);
  EXPECT_GE(lines[5]["seconds"], 0.0);
  EXPECT_FALSE(log->failure());
}

TEST(RunLog, GoesOnOverAFullDiskAndSaysSo) {
  ScratchFolder scratch;
  FaultyFileOps files;
  RunFolder run = RunFolder::fresh(scratch.path(), "r", files);
  std::vector<std::string> warnings;
  RunLog log(run, [&](const std::string& reason) { warnings.push_back(reason); });
  const auto epoch = [&](int64_t index) {
    Logs logs = loss(1);
    log.on_epoch_begin(index);
    log.on_epoch_end(index, logs);
  };
  epoch(0);
  for (const int64_t index : {1, 2}) {
    files.fail("write", 1, ENOSPC);
    epoch(index);
    ASSERT_TRUE(log.failure());
    EXPECT_EQ(log.failure()->exit_code(), 5);
  }
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_EQ(warnings[0],
            "cannot write \"" + (run / "log.jsonl").native() +
                "\": No space left on device; free space there or choose a folder on another disk; the run goes on, what "
                "was to be written is kept and tried again");
  EXPECT_EQ(lines_of(run).size(), 1u);
  log.on_train_end({});
  EXPECT_FALSE(log.failure());
  EXPECT_EQ(lines_of(run).size(), 3u);
}

TEST(RunLog, RefusesANegativeNumberOfSteps) {
  ScratchFolder scratch;
  RunFolder run = RunFolder::fresh(scratch.path(), "r");
  testing::expect_error(ErrorKind::usage, "a log of every -1 steps; 0 or more", [&] {
    RunLog(
        run, [](const std::string&) {}, -1);
  });
}

}  // namespace
}  // namespace lamina::yolov3
