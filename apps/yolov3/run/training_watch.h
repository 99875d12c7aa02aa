// SPDX-License-Identifier: Apache-2.0
// What goes on beside the steps of a training: the learning rate, the time, measuring on the validation split, and saving.
#pragma once

#include <chrono>
#include <csignal>
#include <functional>
#include <iosfwd>
#include <optional>
#include <vector>

#include "layers/model/callback.h"

namespace lamina::yolov3 {

struct WatchOptions {
  double learning_rate = 1e-3;
  bool cosine = true;           // rises over the first hundredth of the training, then falls to a hundredth; else constant
  std::optional<double> minutes = {};  // training ends with the step behind them
  int64_t eval_every = 5;       // epochs
  int64_t samples = 0;          // of an epoch, and of a batch: for pictures a second
  int64_t batch_size = 1;
  std::function<std::optional<double>()> measure;            // mean average precision, higher is better; none: nothing to measure on
  std::function<void(bool is_best)> save;                    // called after each measurement and at the end
  std::ostream* out = nullptr;
};

// On the validation split, behind an epoch.
struct Measured {
  int64_t epoch = 0;  // counted from 1
  double map = 0;
};

class TrainingWatch final : public Callback {
 public:
  explicit TrainingWatch(WatchOptions options);
  ~TrainingWatch() override;

  void on_train_begin(const TrainingPlan& plan) override;
  void on_epoch_begin(int64_t epoch) override;
  void on_train_batch_begin(int64_t batch) override;
  void on_train_batch_end(int64_t batch, const Logs& logs) override;
  void on_epoch_end(int64_t epoch, Logs& logs) override;  // adds pictures a second, learning rate and val_map

  double seconds() const;          // since the training began
  int64_t pictures() const { return pictures_; }
  double step_seconds() const { return step_seconds_; }  // of all steps, measuring and saving apart
  std::optional<double> best() const;  // of what was measured
  const std::vector<Measured>& measured() const { return measured_; }
  static bool interrupted();       // SIGINT or SIGTERM came: the step was finished, and training ended

 private:
  double progress() const;  // 0 to 1, by epochs or minutes, whichever is further
  void measure_and_save(Logs& logs);

  WatchOptions options_;
  TrainingPlan plan_;
  std::chrono::steady_clock::time_point begun_, epoch_begun_, step_begun_;
  int64_t epoch_ = 0, batch_ = 0, pictures_ = 0, epoch_pictures_ = 0;
  double step_seconds_ = 0, epoch_step_seconds_ = 0;
  std::vector<Measured> measured_;
  void (*old_interrupt_)(int) = SIG_DFL;
  void (*old_terminate_)(int) = SIG_DFL;
};

}  // namespace lamina::yolov3
