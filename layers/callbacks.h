// SPDX-License-Identifier: Apache-2.0
// Keras' callbacks. Each is a std::shared_ptr<Callback> for FitOptions::callbacks; a user's own derives from Callback
// (layers/model/callback.h). Messages go to `out`, std::cout where not given.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

#include "layers/model/callback.h"

namespace lamina {

// automatic goes by the metric's own name, the end of the log's: max for accuracies, AUC, precision, recall, F-scores,
// IoU, mAP, R2 and the cosine similarity, else min. A loss is always min, whatever its output is called.
enum class MonitorMode { automatic, min, max };

// Stops when `monitor` has not improved by more than min_delta for `patience` epochs.
struct EarlyStoppingOptions {
  std::string monitor = "val_loss";
  double min_delta = 0;
  int patience = 0;
  int verbose = 0;
  MonitorMode mode = MonitorMode::automatic;
  std::optional<double> baseline = {};
  bool restore_best_weights = false;
  int64_t start_from_epoch = 0;
  std::ostream* out = nullptr;
};
std::shared_ptr<Callback> early_stopping(EarlyStoppingOptions options = {});

// Multiplies the learning rate by `factor`, which is below 1, when `monitor` has not improved for `patience` epochs. Puts
// learning_rate, that of the epoch, into the logs.
struct ReduceLrOptions {
  std::string monitor = "val_loss";
  double factor = 0.1;
  int patience = 10;
  int verbose = 0;
  MonitorMode mode = MonitorMode::automatic;
  double min_delta = 1e-4;
  int cooldown = 0;
  double min_lr = 0;
  std::ostream* out = nullptr;
};
std::shared_ptr<Callback> reduce_lr_on_plateau(ReduceLrOptions options = {});

// Sets the learning rate at each epoch's begin to schedule(epoch, current rate), which must be finite and not negative.
// Puts learning_rate into the logs.
std::shared_ptr<Callback> learning_rate_scheduler(std::function<double(int64_t epoch, double rate)> schedule, int verbose = 0,
                                                  std::ostream* out = nullptr);

// Saves the weights. The path may hold {epoch}, {epoch:02d}, {loss:.4f}, {val_loss:.2e}, ...: the epoch counts from 1. A
// log that is missing is said and skipped; one that cannot come (val_ without validation data) is refused at the start.
// Only every `period`-th epoch is looked at, also for the best.
struct CheckpointOptions {
  std::string path;
  std::string monitor = "val_loss";
  int verbose = 0;
  bool save_best_only = false;
  MonitorMode mode = MonitorMode::automatic;
  int64_t period = 1;  // epochs
  std::optional<double> initial_value_threshold = {};
  std::ostream* out = nullptr;
};
std::shared_ptr<Callback> model_checkpoint(CheckpointOptions options);

// One line per epoch: epoch, counted from 0, and all logs; NA where an epoch lacks one that the first had. An old file is
// replaced unless `append`, which writes no second header.
struct CsvLoggerOptions {
  std::string path;
  char separator = ',';
  bool append = false;
};
std::shared_ptr<Callback> csv_logger(CsvLoggerOptions options);

// Ends training at the first loss that is not finite, instead of the error that fit throws.
std::shared_ptr<Callback> terminate_on_nan(std::ostream* out = nullptr);

// Functions as a callback; those not given do nothing.
struct CallbackFunctions {
  std::function<void(int64_t epoch)> on_epoch_begin = {};
  std::function<void(int64_t epoch, Logs& logs)> on_epoch_end = {};
  std::function<void(int64_t batch)> on_train_batch_begin = {};
  std::function<void(int64_t batch, const Logs& logs)> on_train_batch_end = {};
  std::function<void()> on_train_begin = {};
  std::function<void(const Logs& logs)> on_train_end = {};
};
std::shared_ptr<Callback> callback_of(CallbackFunctions functions);

}  // namespace lamina
