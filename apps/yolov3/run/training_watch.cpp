// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/run/training_watch.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <ostream>

#include "core/base/text.h"
#include "core/optim/optimizer.h"
#include "layers/model.h"
#include "layers/model/progress.h"

namespace lamina::yolov3 {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kWarmUp = 0.01, kLast = 0.01;  // share of the training; share of the learning rate

volatile std::sig_atomic_t signal_came = 0;
void note_signal(int number) { signal_came = number; }

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

TrainingWatch::TrainingWatch(WatchOptions options) : options_(std::move(options)) {
  signal_came = 0;
  old_interrupt_ = std::signal(SIGINT, note_signal);
  old_terminate_ = std::signal(SIGTERM, note_signal);
}

TrainingWatch::~TrainingWatch() {
  std::signal(SIGINT, old_interrupt_);
  std::signal(SIGTERM, old_terminate_);
}

bool TrainingWatch::interrupted() { return signal_came != 0; }
double TrainingWatch::seconds() const { return since(begun_); }

std::optional<double> TrainingWatch::best() const {
  if (measured_.empty()) return std::nullopt;
  return std::ranges::max(measured_, {}, &Measured::map).map;
}

void TrainingWatch::on_train_begin(const TrainingPlan& plan) {
  plan_ = plan;
  begun_ = Clock::now();
}

void TrainingWatch::on_epoch_begin(int64_t epoch) {
  epoch_ = epoch;
  epoch_step_seconds_ = 0;
  epoch_pictures_ = 0;
}

double TrainingWatch::progress() const {
  const auto steps = static_cast<double>(std::max<int64_t>(plan_.steps.value_or(1), 1));
  const double by_epochs = (static_cast<double>(epoch_) + static_cast<double>(batch_) / steps) / static_cast<double>(std::max<int64_t>(plan_.epochs, 1));
  return std::min(std::max(by_epochs, options_.minutes ? seconds() / (60 * *options_.minutes) : 0), 1.0);
}

void TrainingWatch::on_train_batch_begin(int64_t batch) {
  batch_ = batch;
  double factor = 1;
  if (options_.cosine) {
    const double at = progress();
    factor = at < kWarmUp ? (at + 1e-4) / kWarmUp : kLast + (1 - kLast) * (1 + std::cos(std::numbers::pi * (at - kWarmUp) / (1 - kWarmUp))) / 2;
  }
  model().optimizer()->set_learning_rate(options_.learning_rate * std::min(factor, 1.0));
  step_begun_ = Clock::now();
}

void TrainingWatch::on_train_batch_end(int64_t, const Logs&) {
  const double step = since(step_begun_);
  step_seconds_ += step, epoch_step_seconds_ += step;
  const int64_t behind = std::min((batch_ + 1) * options_.batch_size, options_.samples);  // the last batch may be short
  pictures_ += behind - epoch_pictures_;
  epoch_pictures_ = behind;
  const bool out_of_time = options_.minutes && seconds() >= 60 * *options_.minutes;
  if (interrupted() || out_of_time) model().stop_training();
}

void TrainingWatch::on_epoch_end(int64_t epoch, Logs& logs) {
  if (epoch_step_seconds_ > 0) logs.set("images_s", static_cast<double>(epoch_pictures_) / epoch_step_seconds_);
  logs.set("learning_rate", model().optimizer()->learning_rate());
  const bool last = model().stops_training() || epoch + 1 == plan_.epochs;
  if (last || (epoch + 1) % options_.eval_every == 0) measure_and_save(logs);
}

void TrainingWatch::measure_and_save(Logs& logs) {
  const std::optional<double> measured = interrupted() ? std::nullopt : options_.measure();
  const bool is_best = measured && (!best() || *measured > *best());
  if (measured) {
    logs.set("val_map", *measured);
    measured_.push_back({epoch_ + 1, *measured});
  }
  options_.save(is_best);
  const double done = progress();
  *options_.out << (measured ? text("validation mAP ", *measured, is_best ? ", the best yet" : "", "; ") : "") << shown_duration(seconds()) << " trained";
  if (done < 1) *options_.out << ", about " << shown_duration(seconds() * (1 - done) / std::max(done, 1e-6)) << " to go";
  *options_.out << "\n" << std::flush;
}

}  // namespace lamina::yolov3
