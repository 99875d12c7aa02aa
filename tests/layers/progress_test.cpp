// SPDX-License-Identifier: Apache-2.0
// What fit prints, on a terminal and elsewhere. Times differ from run to run, so they are replaced by a T.
#include <gtest/gtest.h>

#include <regex>
#include <sstream>
#include <thread>

#include "layers/lamina.h"
#include "layers/model/progress.h"

namespace lamina {
namespace {

std::string without_times(const std::string& shown) {
  return std::regex_replace(shown, std::regex("- [0-9:]+(us|ms|s)? [0-9:]+(us|ms|s)?/step"), "- T T/step");
}

std::string printed(int verbose) {
  const Value x = Input({2}, {.name = "x"});
  Model model({x}, {Dense(1, {.kernel_initializer = zeros()})(x)});
  model.compile({.optimizer = sgd({.learning_rate = 0.0}), .loss = "mse", .metrics = {"mae"}, .device = "cpu"});
  const HostTensor data(DType::f32, {4, 2}), y = HostTensor::of<float>({4, 1}, {0.5f, 0.5f, 0.5f, 0.5f});
  std::ostringstream out;
  FitOptions options{.batch_size = 2, .epochs = 2, .verbose = verbose};
  options.validation_split = 0.5;
  options.out = &out;
  model.fit(data, y, options);
  return without_times(out.str());
}

TEST(Progress, IsOnePlainLinePerEpochOffATerminal) {
  const std::string line = "1/1 [==============================] - T T/step - loss: 0.2500 - mae: 0.5000 - val_loss: 0.2500 - val_mae: 0.5000\n";
  EXPECT_EQ(printed(1), "Epoch 1/2\n" + line + "Epoch 2/2\n" + line);
}

TEST(Progress, HasNoBarWithVerboseTwo) {
  const std::string line = "1/1 - T T/step - loss: 0.2500 - mae: 0.5000 - val_loss: 0.2500 - val_mae: 0.5000\n";
  EXPECT_EQ(printed(2), "Epoch 1/2\n" + line + "Epoch 2/2\n" + line);
}

TEST(Progress, IsSilentWithVerboseZero) { EXPECT_EQ(printed(0), ""); }

TEST(Progress, RewritesItsLineOnATerminal) {
  std::ostringstream out;
  const std::shared_ptr<Callback> line = progress_line(out, 1, true);
  line->on_train_begin({.epochs = 1, .steps = 2});
  line->on_epoch_begin(0);
  Logs logs;
  logs.set("loss", 2e-5);
  line->on_epoch_end(0, logs);
  EXPECT_EQ(without_times(out.str()).substr(0, 13), "Epoch 1/1\n\r0/");
  EXPECT_NE(out.str().find("loss: 2.0000e-05\x1b[K\n"), std::string::npos);
}

TEST(Progress, CountsEpochsWithoutAnEnd) {
  std::ostringstream out;
  const std::shared_ptr<Callback> line = progress_line(out, 1, false);
  line->on_train_begin({.epochs = kUntilStopped});
  line->on_epoch_begin(6);
  EXPECT_EQ(out.str(), "Epoch 7\n");
}

// What a terminal shows after `done` of `steps` batches: the line is rewritten at most every 0.1 s.
std::string shown_within_an_epoch(std::optional<int64_t> steps, int64_t done) {
  std::ostringstream out;
  const std::shared_ptr<Callback> line = progress_line(out, 1, true);
  line->on_train_begin({.epochs = 1, .steps = steps});
  line->on_epoch_begin(0);
  Logs logs;
  logs.set("loss", 0.5);
  for (int64_t batch = 0; batch + 1 < done; ++batch) line->on_train_batch_end(batch, logs);
  EXPECT_EQ(out.str(), "Epoch 1/1\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(120));
  line->on_train_batch_end(done - 1, logs);
  line->on_train_batch_end(done, logs);  // too soon after the last
  return out.str();
}

TEST(Progress, ShowsThePartThatIsDoneAndTheTimeLeft) {
  const std::regex shown("Epoch 1/1\n\r3/10 \\[=========>\\.{20}\\] - ETA: ([0-9]+)ms - loss: 0\\.5000\x1b\\[K");
  std::smatch match;
  const std::string text = shown_within_an_epoch(10, 3);
  ASSERT_TRUE(std::regex_match(text, match, shown)) << text;
  EXPECT_GE(std::stoi(match[1]), 120 * 7 / 3);  // seven batches more at the mean time of the three
}

TEST(Progress, ShowsNoTimeLeftWhereTheNumberOfStepsIsUnknown) {
  EXPECT_EQ(shown_within_an_epoch({}, 2), "Epoch 1/1\n\r2/? [>" + std::string(29, '.') + "] - ETA: ? - loss: 0.5000\x1b[K");
}

TEST(Progress, ShowsDurationsAsAClock) {
  EXPECT_EQ(shown_duration(0.0000021), "2us");
  EXPECT_EQ(shown_duration(0.35), "350ms");
  EXPECT_EQ(shown_duration(12.7), "12s");
  EXPECT_EQ(shown_duration(123), "2:03");
  EXPECT_EQ(shown_duration(3723), "1:02:03");
  EXPECT_EQ(shown_duration(-1), "?");
}

}  // namespace
}  // namespace lamina
