// SPDX-License-Identifier: Apache-2.0
// Single batches: one training or evaluation step, and what train_on_batch and test_on_batch report of it.
#include <iostream>

#include "core/base/check.h"
#include "layers/model/feeding.h"
#include "layers/model/model_state.h"
#include "layers/model/running_logs.h"

namespace lamina {

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
  for (const LayerCall& call : network.calls()) {
    const auto found = finite.find(call.name);
    if (found != finite.end() && found->second.at(0) == 0) {
      place = text("the first layer whose output is not finite is \"", call.name, "\" (", call.layer->type(), ")");
      break;
    }
  }
  if (place.empty()) place = "all layers give finite outputs, so it arises in the loss or in the gradients";
  throw Error(ErrorKind::numeric, text("the loss or a gradient of this step is not finite; ", place,
                                       ". The update was not applied. Try a lower learning rate or gradient clipping, and check the data."));
}

Logs Model::train_on_batch(const Tensors& x, const Tensors& y, const Tensors& sample_weight) {
  State& state = *state_;
  state.check_compiled();
  state.warn_of_changed_layers(std::cerr);
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
