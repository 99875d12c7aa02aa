// SPDX-License-Identifier: Apache-2.0
// ReduceLROnPlateau. The rate with which an epoch ran is in its logs, as learning_rate.
#include <algorithm>
#include <ostream>

#include "core/base/check.h"
#include "layers/callbacks/messages.h"
#include "layers/callbacks/monitor.h"
#include "layers/model.h"

namespace lamina {
namespace {

class ReduceLrOnPlateau final : public Callback {
 public:
  explicit ReduceLrOnPlateau(ReduceLrOptions options)
      : options_(std::move(options)), monitor_(options_.monitor, options_.mode), best_(monitor_.worst()) {
    LAMINA_CHECK(options_.factor < 1.0, "ReduceLROnPlateau does not support a factor >= 1.0. Received factor=", options_.factor);
  }

  void on_train_begin(const TrainingPlan&) override {
    best_ = monitor_.worst();
    wait_ = cooling_ = 0;
  }

  void on_epoch_end(int64_t epoch, Logs& logs) override {
    Optimizer& optimizer = *model().optimizer();
    logs.set("learning_rate", optimizer.learning_rate());
    const auto current = monitor_.read(logs, "Learning rate reduction is", stream_or_cout(options_.out));
    if (!current) return;
    if (cooling_ > 0) {
      --cooling_;
      wait_ = 0;
    }
    if (monitor_.improves(*current, best_, options_.min_delta)) {
      best_ = *current;
      wait_ = 0;
    } else if (cooling_ == 0 && ++wait_ >= options_.patience && optimizer.learning_rate() > options_.min_lr) {
      const double rate = std::max(optimizer.learning_rate() * options_.factor, options_.min_lr);
      optimizer.set_learning_rate(rate);
      if (options_.verbose > 0) {
        stream_or_cout(options_.out) << "\nEpoch " << epoch + 1 << ": ReduceLROnPlateau reducing learning rate to "
                                     << python_float(rate) << ".\n";
      }
      cooling_ = options_.cooldown;
      wait_ = 0;
    }
  }

 private:
  ReduceLrOptions options_;
  Monitor monitor_;
  double best_;
  int wait_ = 0, cooling_ = 0;
};

}  // namespace

std::shared_ptr<Callback> reduce_lr_on_plateau(ReduceLrOptions options) {
  return std::make_shared<ReduceLrOnPlateau>(std::move(options));
}

}  // namespace lamina
