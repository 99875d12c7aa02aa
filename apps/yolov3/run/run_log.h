// SPDX-License-Identifier: Apache-2.0
// A callback that writes a run's log.jsonl: {"epoch": 3, "seconds": 41.5, "loss": ..., "val_loss": ...} at each epoch's end and,
// if asked, {"epoch": 3, "step": 100, "loss": ...} (running means) in between. Epochs and steps count from 0, as callbacks do.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "apps/yolov3/run/run_folder.h"
#include "layers/model/callback.h"

namespace lamina::yolov3 {

class RunLog final : public Callback {
 public:
  // A line that cannot be written does not end the training: `warn` gets the reason, each time anew, and the line is written
  // with the next one. `every_steps` 0 logs epochs alone. The folder must outlive this.
  RunLog(RunFolder& folder, std::function<void(const std::string&)> warn, int64_t every_steps = 0);

  // What is still not written, and why; an app that has one at the end exits with its code.
  const std::optional<Error>& failure() const { return failure_; }

  void on_epoch_begin(int64_t epoch) override;
  void on_epoch_end(int64_t epoch, Logs& logs) override;
  void on_train_batch_end(int64_t batch, const Logs& logs) override;
  void on_train_end(const Logs& logs) override;  // tries once more

 private:
  void attempt(const std::function<void()>& write);

  RunFolder& folder_;
  std::function<void(const std::string&)> warn_;
  int64_t every_steps_;
  int64_t epoch_ = 0;
  std::chrono::steady_clock::time_point epoch_began_;
  std::optional<Error> failure_;
};

}  // namespace lamina::yolov3
