// SPDX-License-Identifier: Apache-2.0
// LearningRateScheduler. The rate with which an epoch ran is in its logs, as learning_rate.
#include <cmath>
#include <ostream>

#include "core/base/check.h"
#include "layers/callbacks.h"
#include "layers/callbacks/messages.h"
#include "layers/model.h"

namespace lamina {
namespace {

class LearningRateScheduler final : public Callback {
 public:
  LearningRateScheduler(std::function<double(int64_t, double)> schedule, int verbose, std::ostream* out)
      : schedule_(std::move(schedule)), verbose_(verbose), out_(out) {
    LAMINA_CHECK(schedule_, "LearningRateScheduler needs a `schedule` function of (epoch, rate), got none");
  }

  void on_epoch_begin(int64_t epoch) override {
    Optimizer& optimizer = *model().optimizer();
    const double rate = schedule_(epoch, optimizer.learning_rate());
    LAMINA_CHECK(std::isfinite(rate) && rate >= 0, "The output of the `schedule` function should be a float, finite and not negative. ",
                 "Got: ", python_float(rate), " for epoch ", epoch);
    optimizer.set_learning_rate(rate);
    if (verbose_ > 0) {
      stream_or_cout(out_) << "\nEpoch " << epoch + 1 << ": LearningRateScheduler setting learning rate to " << python_float(rate) << ".\n";
    }
  }

  void on_epoch_end(int64_t, Logs& logs) override { logs.set("learning_rate", model().optimizer()->learning_rate()); }

 private:
  std::function<double(int64_t, double)> schedule_;
  int verbose_;
  std::ostream* out_;
};

}  // namespace

std::shared_ptr<Callback> learning_rate_scheduler(std::function<double(int64_t, double)> schedule, int verbose, std::ostream* out) {
  return std::make_shared<LearningRateScheduler>(std::move(schedule), verbose, out);
}

}  // namespace lamina
