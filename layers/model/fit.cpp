// SPDX-License-Identifier: Apache-2.0
// The loops: fit, evaluate, predict and their single-batch forms.
#include <cmath>
#include <iostream>
#include <limits>

#include "core/base/check.h"
#include "core/data/memory_dataset.h"
#include "layers/model/feeding.h"
#include "layers/model/model_state.h"
#include "layers/model/progress.h"

namespace lamina {
namespace {

class CallbackList {
 public:
  CallbackList(std::vector<std::shared_ptr<Callback>> callbacks, Model* model) : callbacks_(std::move(callbacks)) {
    for (const auto& callback : callbacks_) callback->set_model(model);
  }
  template <class Hook>
  void each(Hook hook) const {
    for (const auto& callback : callbacks_) hook(*callback);
  }
  bool handles_non_finite() const {
    for (const auto& callback : callbacks_) {
      if (callback->handles_non_finite()) return true;
    }
    return false;
  }

 private:
  std::vector<std::shared_ptr<Callback>> callbacks_;
};

double scalar_of(const Feed& results, const std::string& name) { return results.at(name).at(0); }

// The last rows go to validation, from floor(n * (1 - split)) on.
std::pair<Batch, Batch> split(const Batch& all, double validation_split) {
  LAMINA_CHECK(validation_split > 0 && validation_split < 1, "`validation_split` must be within (0, 1), got ", validation_split);
  const auto first = static_cast<int64_t>(std::floor(static_cast<double>(all.samples) * (1.0 - validation_split)));
  LAMINA_CHECK(first > 0 && first < all.samples, "Training data contains ", all.samples,
               " samples, which is not sufficient to split it into a validation and training set as specified by `validation_split=",
               validation_split, "`. Either provide more data, or a different value for the `validation_split` argument.");
  return {rows_of(all, 0, first), rows_of(all, first, all.samples - first)};
}

// Rows of one step after another, by output name.
void append_rows(std::map<std::string, std::vector<HostTensor>>& parts, Feed results) {
  for (auto& [name, tensor] : results) {
    // A scalar output becomes one row per batch.
    parts[name].push_back(tensor.extents().rank() == 0 ? tensor.reshaped({1}) : std::move(tensor));
  }
}

HostTensor joined(const std::vector<HostTensor>& parts) {
  Extents extents = parts.front().extents();
  extents[0] = 0;
  for (const HostTensor& part : parts) extents[0] += part.extents()[0];
  HostTensor all(parts.front().dtype(), extents);
  size_t at = 0;
  for (const HostTensor& part : parts) {
    if (part.bytes()) std::memcpy(static_cast<std::byte*>(all.data()) + at, part.data(), part.bytes());
    at += part.bytes();
  }
  return all;
}

}  // namespace

void RunningLogs::add(const Feed& results, int64_t samples) {
  const auto weight = static_cast<double>(samples);
  samples_ += weight;
  sums_[kLossOutput] += weight * scalar_of(results, kLossOutput);
  for (const LossBinding& binding : losses_.bindings) {
    const std::string name = loss_output(binding.output);
    if (results.contains(name)) sums_[name] += weight * scalar_of(results, name);
  }
  for (const MetricBinding& metric : metrics_) {
    sums_[metric.total] += scalar_of(results, metric.total);
    sums_[metric.count] += scalar_of(results, metric.count);
  }
}

Logs RunningLogs::logs() const {
  Logs logs;
  const auto sum = [&](const std::string& name) {
    const auto found = sums_.find(name);
    return found == sums_.end() ? 0.0 : found->second;
  };
  logs.set("loss", samples_ > 0 ? sum(kLossOutput) / samples_ : 0.0);
  for (const LossBinding& binding : losses_.bindings) {
    const std::string name = loss_output(binding.output);
    if (sums_.contains(name)) logs.set(binding.output + "_loss", sum(name) / samples_);
  }
  for (const MetricBinding& metric : metrics_) {
    const double count = sum(metric.count);
    const double mean = count != 0 ? sum(metric.total) / count : 0.0;
    logs.set(metric.shown, metric.finish ? metric.finish(mean) : mean);
  }
  return logs;
}

std::vector<std::string> Model::metrics_names() const {
  state_->check_compiled();
  const MeasuredStep& step = *state_->training.at({});
  std::vector<std::string> names = {"loss"};
  int64_t trained = 0;
  for (const LossBinding& binding : step.losses.bindings) trained += binding.trained ? 1 : 0;
  for (const LossBinding& binding : step.losses.bindings) {
    if (binding.trained && trained > 1) names.push_back(binding.output + "_loss");
  }
  for (const MetricBinding& metric : step.metrics) names.push_back(metric.shown);
  return names;
}

Feed Model::State::train(const Batch& batch, bool throw_where_not_finite, bool& healthy) {
  Optimizer& optimizer = *options.optimizer.get();
  Feed feed = feed_of(batch);
  feed.emplace(kLearningRateInput, HostTensor::scalar(static_cast<float>(optimizer.learning_rate())));
  feed.emplace(kOptimizerStepInput, HostTensor::scalar(static_cast<float>(optimizer.iterations + 1)));
  feed.emplace(kStepInput, HostTensor::scalar(static_cast<int32_t>(train_steps)));
  MeasuredStep& measured = training_step(batch);
  Feed results = run(measured.step, feed);
  healthy = results.at(kHealthyOutput).at(0) != 0;
  if (!healthy && throw_where_not_finite) throw_not_finite(batch);
  if (healthy) {
    ++optimizer.iterations;
    ++train_steps;
  }
  return results;
}

Feed Model::State::test(const Batch& batch) {
  MeasuredStep& measured = evaluation_step(batch);
  return run(measured.step, feed_of(batch));
}

// The weights are as before the step: a forward pass finds the first layer whose output is not finite.
void Model::State::throw_not_finite(const Batch& batch) {
  StepRunner forward(health_graph(network, compute_type()), ops, device, plan_options);
  const Feed finite = forward.run(feed_of(batch));
  std::string place;
  for (const auto& call : network.calls()) {
    const auto found = finite.find(call.layer->name);
    if (found != finite.end() && found->second.at(0) == 0) {
      place = text("the first layer whose output is not finite is \"", call.layer->name, "\" (", call.layer->type(), ")");
      break;
    }
  }
  if (place.empty()) place = "all layers give finite outputs, so it arises in the loss or in the gradients";
  throw Error(ErrorKind::numeric, text("the loss or a gradient of this step is not finite; ", place,
                                       ". The update was not applied. Try a lower learning rate or gradient clipping, and check the data."));
}

History Model::fit(const Tensors& x, const Tensors& y, FitOptions options) {
  state_->check_compiled();
  const auto& bindings = state_->losses.bindings;
  Batch all = batch_of(state_->network, bindings, x, y, options.sample_weight);
  apply_class_weight(all, bindings, options.class_weight);
  if (options.validation_data) {
    options.validation_dataset = std::make_shared<MemoryDataset>(conformed(state_->network, bindings, *options.validation_data),
                                                                MemoryDatasetOptions{.batch_size = options.batch_size});
  } else if (!options.validation_dataset && options.validation_split != 0) {
    auto [training, validation] = split(all, options.validation_split);
    all = std::move(training);
    validation.sample_weights.clear();
    if (!options.sample_weight.empty()) {
      validation.sample_weights = split(batch_of(state_->network, bindings, x, y, options.sample_weight), options.validation_split).second.sample_weights;
    }
    options.validation_dataset = std::make_shared<MemoryDataset>(validation, MemoryDatasetOptions{.batch_size = options.batch_size});
  }
  MemoryDataset data(std::move(all), {.batch_size = options.batch_size, .shuffle = options.shuffle, .seed = state_->options.seed});
  return fit(data, std::move(options));
}

History Model::fit(Dataset& data, FitOptions options) {
  State& state = *state_;
  state.check_compiled();
  LAMINA_CHECK(!options.validation_dataset || options.validation_dataset->batches() != 0,
               "the validation data is empty: give fit samples to validate on, or no validation data");
  state.stop_training = false;
  std::ostream& out = options.out ? *options.out : std::cout;
  if (options.verbose > 0) options.callbacks.push_back(progress_line(out, options.verbose, is_terminal(out)));
  const CallbackList callbacks(options.callbacks, this);
  const std::optional<int64_t> steps = options.steps_per_epoch ? options.steps_per_epoch : data.batches();
  callbacks.each([&](Callback& callback) {
    callback.on_train_begin({options.epochs, options.initial_epoch, steps, options.validation_dataset != nullptr, options.verbose});
  });

  History history;
  Logs last;
  bool exhausted = false;
  // With a number of steps an epoch ends before the data does, and the next goes on where it was.
  bool at_start = true;
  for (int64_t epoch = options.initial_epoch; epoch < options.epochs && !state.stop_training && !exhausted; ++epoch) {
    if (at_start || !options.steps_per_epoch) data.start_epoch(state.epochs_seen++);
    at_start = false;
    callbacks.each([&](Callback& callback) { callback.on_epoch_begin(epoch); });
    std::optional<RunningLogs> running;
    for (int64_t step = 0; !steps || !options.steps_per_epoch || step < *steps; ++step) {
      std::optional<Batch> batch = data.next();
      if (!batch) {
        if (!options.steps_per_epoch) break;
        // Data that knows its length begins again; what a generator gives ends with it.
        if (data.batches()) {
          data.start_epoch(state.epochs_seen++);
          batch = data.next();
        }
        exhausted = !batch;
        if (exhausted) {
          out << "warning: Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate "
                 "at least `steps_per_epoch * epochs` batches.\n";
          break;
        }
      }
      const Batch fitted = conformed(state.network, state.losses.bindings, std::move(*batch));
      callbacks.each([&](Callback& callback) { callback.on_train_batch_begin(step); });
      bool healthy = true;
      const Feed results = state.train(fitted, !callbacks.handles_non_finite(), healthy);
      if (!running) {
        const MeasuredStep& measured = state.training_step(fitted);
        running.emplace(measured.losses, measured.metrics);
      }
      running->add(results, fitted.samples);
      const Logs logs = running->logs();
      callbacks.each([&](Callback& callback) { callback.on_train_batch_end(step, logs); });
      if (state.stop_training) break;
    }
    if (!running && !history.epochs.empty() && exhausted) break;
    LAMINA_CHECK(running, "fit got no data: epoch ", epoch + 1, " has no batch");
    Logs logs = running->logs();
    if (options.validation_dataset && !state.stop_training) {
      const Logs validation = evaluate(*options.validation_dataset, {.callbacks = options.callbacks});
      for (const auto& [name, value] : validation) logs.set("val_" + name, value);
    }
    callbacks.each([&](Callback& callback) { callback.on_epoch_end(epoch, logs); });
    history.append(epoch, logs);
    last = logs;
  }
  callbacks.each([&](Callback& callback) { callback.on_train_end(last); });
  return history;
}

Logs Model::evaluate(const Tensors& x, const Tensors& y, EvaluateOptions options) {
  state_->check_compiled();
  MemoryDataset data(batch_of(state_->network, state_->losses.bindings, x, y, options.sample_weight), {.batch_size = options.batch_size});
  return evaluate(data, std::move(options));
}

Logs Model::evaluate(Dataset& data, EvaluateOptions options) {
  State& state = *state_;
  state.check_compiled();
  const CallbackList callbacks(options.callbacks, this);
  callbacks.each([](Callback& callback) { callback.on_test_begin(); });
  data.start_epoch(0);
  std::optional<RunningLogs> running;
  int64_t step = 0;
  while (const std::optional<Batch> batch = data.next()) {
    const Batch fitted = conformed(state.network, state.losses.bindings, *batch);
    callbacks.each([&](Callback& callback) { callback.on_test_batch_begin(step); });
    const Feed results = state.test(fitted);
    if (!running) {
      const MeasuredStep& measured = state.evaluation_step(fitted);
      running.emplace(measured.losses, measured.metrics);
    }
    running->add(results, fitted.samples);
    const Logs logs = running->logs();
    callbacks.each([&](Callback& callback) { callback.on_test_batch_end(step, logs); });
    ++step;
  }
  LAMINA_CHECK(running, "evaluate got no data");
  const Logs logs = running->logs();
  callbacks.each([&](Callback& callback) { callback.on_test_end(logs); });
  if (options.verbose > 0) {
    std::ostream& out = options.out ? *options.out : std::cout;
    out << step << "/" << step;
    for (const auto& [name, value] : logs) out << " - " << name << ": " << text(value);
    out << "\n";
  }
  return logs;
}

TensorMap Model::predict_all(const Tensors& x, PredictOptions options) {
  State& state = *state_;
  const CallbackList callbacks(options.callbacks, this);
  Batch all;
  all.inputs = inputs_by_name(state.network, x);
  MemoryDataset data(std::move(all), {.batch_size = options.batch_size});
  callbacks.each([](Callback& callback) { callback.on_predict_begin(); });
  StepRunner& step = state.prediction_step();
  std::map<std::string, std::vector<HostTensor>> parts;
  int64_t index = 0;
  while (const std::optional<Batch> batch = data.next()) {
    callbacks.each([&](Callback& callback) { callback.on_predict_batch_begin(index); });
    append_rows(parts, state.run(step, feed_of(*batch)));
    callbacks.each([&](Callback& callback) { callback.on_predict_batch_end(index); });
    ++index;
  }
  callbacks.each([](Callback& callback) { callback.on_predict_end(); });
  LAMINA_CHECK(index > 0, "predict got no data");
  TensorMap predictions;
  for (const NetworkOutput& output : state.network.outputs()) {
    predictions.emplace(output.name, joined(parts.at(prediction_output(output.name))));
  }
  return predictions;
}

HostTensor Model::predict(const Tensors& x, PredictOptions options) {
  LAMINA_CHECK(state_->network.outputs().size() == 1, "the model has ", state_->network.outputs().size(),
               " outputs; predict_all returns them by name");
  return std::move(predict_all(x, std::move(options)).begin()->second);
}

HostTensor Model::predict_on_batch(const Tensors& x) { return predict(x, {.batch_size = std::numeric_limits<int64_t>::max()}); }

Logs Model::train_on_batch(const Tensors& x, const Tensors& y, const Tensors& sample_weight) {
  State& state = *state_;
  state.check_compiled();
  const Batch batch = batch_of(state.network, state.losses.bindings, x, y, sample_weight);
  bool healthy = true;
  const Feed results = state.train(batch, true, healthy);
  const MeasuredStep& measured = state.training_step(batch);
  RunningLogs running(measured.losses, measured.metrics);
  running.add(results, batch.samples);
  return running.logs();
}

Logs Model::test_on_batch(const Tensors& x, const Tensors& y, const Tensors& sample_weight) {
  State& state = *state_;
  state.check_compiled();
  const Batch batch = batch_of(state.network, state.losses.bindings, x, y, sample_weight);
  const Feed results = state.test(batch);
  const MeasuredStep& measured = state.evaluation_step(batch);
  RunningLogs running(measured.losses, measured.metrics);
  running.add(results, batch.samples);
  return running.logs();
}

}  // namespace lamina
