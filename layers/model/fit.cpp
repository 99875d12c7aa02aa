// SPDX-License-Identifier: Apache-2.0
// fit: epochs of training steps between the hooks, each followed by validation.
#include <cmath>
#include <iostream>

#include "core/base/check.h"
#include "core/data/memory_dataset.h"
#include "layers/model/feeding.h"
#include "layers/model/hooks.h"
#include "layers/model/model_state.h"
#include "layers/model/progress.h"
#include "layers/model/running_logs.h"

namespace lamina {
namespace {

// The last rows go to validation, from floor(n * (1 - split)) on.
std::pair<Batch, Batch> split(const Batch& all, double validation_split) {
  LAMINA_CHECK(validation_split > 0 && validation_split < 1, "`validation_split` must be within (0, 1), got ", validation_split);
  const auto first = static_cast<int64_t>(std::floor(static_cast<double>(all.samples) * (1.0 - validation_split)));
  LAMINA_CHECK(first > 0 && first < all.samples, "Training data contains ", all.samples,
               " samples, which is not sufficient to split it into a validation and training set as specified by `validation_split=",
               validation_split, "`. Either provide more data, or a different value for the `validation_split` argument.");
  return {rows_of(all, 0, first), rows_of(all, first, all.samples - first)};
}

int64_t validation_batch_size(const FitOptions& options) {
  return options.validation_batch_size.value_or(options.batch_size.value_or(kDefaultBatchSize));
}

}  // namespace

class Model::State::FitLoop {
 public:
  FitLoop(Model& model, Dataset& data, FitOptions options)
      : model_(model), state_(*model.state_), data_(data), options_(std::move(options)), out_(options_.out ? *options_.out : std::cout),
        hooks_(with_progress(), &model) {}

  History run() {
    LAMINA_CHECK(!options_.validation_dataset || options_.validation_dataset->batches() != 0,
                 "the validation data is empty: give fit samples to validate on, or no validation data");
    state_.stop_training = false;
    state_.warn_of_changed_layers(out_);
    const std::optional<int64_t> steps = options_.steps_per_epoch ? options_.steps_per_epoch : data_.batches();
    hooks_.each([&](Callback& callback) {
      callback.on_train_begin({options_.epochs, options_.initial_epoch, steps, options_.validation_dataset != nullptr, options_.verbose});
    });
    History history;
    Logs last;
    for (int64_t epoch = options_.initial_epoch; epoch < options_.epochs && !state_.stop_training && !exhausted_; ++epoch) {
      // With a number of steps an epoch ends before the data does, and the next goes on where it was.
      if (epoch == options_.initial_epoch || !options_.steps_per_epoch) data_.start_epoch(state_.epochs_seen++);
      hooks_.each([&](Callback& callback) { callback.on_epoch_begin(epoch); });
      std::optional<RunningLogs> running;
      train_epoch(running);
      if (!running && exhausted_ && !history.epochs.empty()) break;
      LAMINA_CHECK(running, "fit got no data: epoch ", epoch + 1, " has no batch");
      last = running->logs();
      if (!state_.stop_training) validate(last);
      hooks_.each([&](Callback& callback) { callback.on_epoch_end(epoch, last); });
      history.append(epoch, last);
    }
    hooks_.each([&](Callback& callback) { callback.on_train_end(last); });
    return history;
  }

 private:
  std::vector<std::shared_ptr<Callback>>& with_progress() {
    if (options_.verbose > 0) options_.callbacks.push_back(progress_line(out_, options_.verbose, is_terminal(out_)));
    return options_.callbacks;
  }

  void train_epoch(std::optional<RunningLogs>& running) {
    for (int64_t step = 0; !options_.steps_per_epoch || step < *options_.steps_per_epoch; ++step) {
      const std::optional<Batch> batch = next_batch();
      if (!batch) return;
      hooks_.each([&](Callback& callback) { callback.on_train_batch_begin(step); });
      bool healthy = true;
      const Feed results = state_.train(*batch, !hooks_.handle_non_finite(), healthy);
      if (!running) {
        const MeasuredStep& measured = state_.training_step(*batch);
        running.emplace(measured.losses, measured.metrics);
      }
      running->add(results, batch->samples);
      const Logs logs = running->logs();
      hooks_.each([&](Callback& callback) { callback.on_train_batch_end(step, logs); });
      if (state_.stop_training) return;
    }
  }

  std::optional<Batch> next_batch() {
    std::optional<Batch> batch = data_.next();
    if (!batch && options_.steps_per_epoch) {
      // Data that knows its length begins again; what a generator gives ends with it.
      if (data_.batches()) {
        data_.start_epoch(state_.epochs_seen++);
        batch = data_.next();
      }
      exhausted_ = !batch;
      if (exhausted_) {
        out_ << "warning: Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate "
                "at least `steps_per_epoch * epochs` batches.\n";
      }
    }
    if (!batch) return std::nullopt;
    Batch fitted = conformed(state_.network, state_.losses.bindings, std::move(*batch));
    apply_class_weight(fitted, state_.losses.bindings, options_.class_weight);
    return fitted;
  }

  void validate(Logs& logs) {
    if (!options_.validation_dataset) return;
    const Logs validation = model_.evaluate(*options_.validation_dataset, {.callbacks = options_.callbacks});
    for (const auto& [name, value] : validation) logs.set("val_" + name, value);
  }

  Model& model_;
  State& state_;
  Dataset& data_;
  FitOptions options_;
  std::ostream& out_;
  Hooks hooks_;
  bool exhausted_ = false;
};

void Model::State::take_validation_data(FitOptions& options) const {
  const ValidationData& given = options.validation_data;
  if (given.x.empty() && given.y.empty()) return;
  LAMINA_CHECK(!options.validation_dataset, "`validation_data` and `validation_dataset` were both given; fit validates on one of them");
  options.validation_dataset = std::make_shared<MemoryDataset>(batch_of(network, losses.bindings, given.x, given.y, given.sample_weight),
                                                               MemoryDatasetOptions{.batch_size = validation_batch_size(options)});
}

History Model::fit(const Tensors& x, const Tensors& y, FitOptions options) {
  State& state = *state_;
  state.check_compiled();
  const auto& bindings = state.losses.bindings;
  Batch training = batch_of(state.network, bindings, x, y, options.sample_weight);
  state.take_validation_data(options);
  if (!options.validation_dataset && options.validation_split != 0) {
    Batch validation;
    std::tie(training, validation) = split(training, options.validation_split);
    options.validation_dataset = std::make_shared<MemoryDataset>(std::move(validation),
                                                                 MemoryDatasetOptions{.batch_size = validation_batch_size(options)});
  }
  // Here already, so that what is wrong with the labels is said before anything runs.
  apply_class_weight(training, bindings, options.class_weight);
  options.class_weight.clear();
  MemoryDataset data(std::move(training), {.batch_size = options.batch_size.value_or(kDefaultBatchSize),
                                           .shuffle = options.shuffle.value_or(true),
                                           .seed = state.options.seed});
  return State::FitLoop(*this, data, std::move(options)).run();
}

History Model::fit(Dataset& data, FitOptions options) {
  State& state = *state_;
  state.check_compiled();
  refuse_with_dataset(options.batch_size.has_value(), "batch_size", "the batch size");
  refuse_with_dataset(options.shuffle.has_value(), "shuffle", "the order of the samples");
  refuse_with_dataset(!options.sample_weight.empty(), "sample_weight", "the sample weights");
  check_class_weight(state.losses.bindings, options.class_weight);
  state.take_validation_data(options);
  LAMINA_CHECK(options.validation_dataset || options.validation_split == 0,
               "Argument `validation_split` is only supported for tensors, not for a Dataset. Give `validation_data` or `validation_dataset`.");
  return State::FitLoop(*this, data, std::move(options)).run();
}

}  // namespace lamina
