// SPDX-License-Identifier: Apache-2.0
// EarlyStopping: epochs are counted from the last improvement, and the weights of that one can be brought back.
#include <cmath>
#include <ostream>

#include "layers/callbacks/messages.h"
#include "layers/callbacks/monitor.h"
#include "layers/model.h"

namespace lamina {
namespace {

class EarlyStopping final : public Callback {
 public:
  explicit EarlyStopping(EarlyStoppingOptions options)
      : options_(std::move(options)), monitor_(options_.monitor, options_.mode), best_(monitor_.worst()) {}

  void on_train_begin(const TrainingPlan&) override {
    wait_ = 0;
    stopped_epoch_ = 0;
    best_ = monitor_.worst();
    best_weights_.clear();
  }

  void on_epoch_end(int64_t epoch, Logs& logs) override {
    const auto current = monitor_.read(logs, "Early stopping", stream_or_cout(options_.out));
    if (!current || epoch < options_.start_from_epoch) return;
    if (options_.restore_best_weights && best_weights_.empty()) best_weights_ = model().get_weights();
    ++wait_;
    const double delta = std::abs(options_.min_delta);
    if (monitor_.improves(*current, best_, delta)) {
      best_ = *current;
      if (options_.restore_best_weights) best_weights_ = model().get_weights();
      if (!options_.baseline || monitor_.improves(*current, *options_.baseline, delta)) wait_ = 0;
      return;
    }
    if (wait_ >= options_.patience && epoch > 0) {
      stopped_epoch_ = epoch;
      model().stop_training();
    }
  }

  void on_train_end(const Logs&) override {
    if (stopped_epoch_ > 0 && options_.verbose > 0) {
      stream_or_cout(options_.out) << "Epoch " << stopped_epoch_ + 1 << ": early stopping\n";
    }
    if (options_.restore_best_weights && !best_weights_.empty()) model().set_weights(best_weights_);
  }

 private:
  EarlyStoppingOptions options_;
  Monitor monitor_;
  double best_;
  int wait_ = 0;
  int64_t stopped_epoch_ = 0;
  std::vector<HostTensor> best_weights_;
};

}  // namespace

std::shared_ptr<Callback> early_stopping(EarlyStoppingOptions options) { return std::make_shared<EarlyStopping>(std::move(options)); }

}  // namespace lamina
