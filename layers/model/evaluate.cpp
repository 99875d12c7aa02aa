// SPDX-License-Identifier: Apache-2.0
// evaluate: the loss and metrics over tensors or a Dataset, without training.
#include <iostream>

#include "core/base/check.h"
#include "core/data/memory_dataset.h"
#include "layers/model/feeding.h"
#include "layers/model/hooks.h"
#include "layers/model/model_state.h"
#include "layers/model/running_logs.h"

namespace lamina {

Logs Model::evaluate(const Tensors& x, const Tensors& y, EvaluateOptions options) {
  state_->check_compiled();
  MemoryDataset data(batch_of(state_->network, state_->losses.bindings, x, y, options.sample_weight),
                     {.batch_size = options.batch_size.value_or(kDefaultBatchSize)});
  options.batch_size = {};
  options.sample_weight = {};
  return evaluate(data, std::move(options));
}

Logs Model::evaluate(Dataset& data, EvaluateOptions options) {
  State& state = *state_;
  state.check_compiled();
  refuse_with_dataset(options.batch_size.has_value(), "batch_size", "the batch size");
  refuse_with_dataset(!options.sample_weight.empty(), "sample_weight", "the sample weights");
  const Hooks hooks(options.callbacks, this);
  hooks.each([](Callback& callback) { callback.on_test_begin(); });
  data.start_epoch(0);
  std::optional<RunningLogs> running;
  int64_t step = 0;
  while (std::optional<Batch> batch = data.next()) {
    const Batch fitted = conformed(state.network, state.losses.bindings, std::move(*batch));
    hooks.each([&](Callback& callback) { callback.on_test_batch_begin(step); });
    const Feed results = state.test(fitted);
    if (!running) {
      const MeasuredStep& measured = state.evaluation_step(fitted);
      running.emplace(measured.losses, measured.metrics);
    }
    running->add(results, fitted.samples);
    const Logs logs = running->logs();
    hooks.each([&](Callback& callback) { callback.on_test_batch_end(step, logs); });
    ++step;
  }
  LAMINA_CHECK(running, "evaluate got no data");
  const Logs logs = running->logs();
  hooks.each([&](Callback& callback) { callback.on_test_end(logs); });
  if (options.verbose > 0) {
    std::ostream& out = options.out ? *options.out : std::cout;
    out << step << "/" << step;
    for (const auto& [name, value] : logs) out << " - " << name << ": " << text(value);
    out << "\n";
  }
  return logs;
}

std::vector<std::string> Model::metrics_names() const {
  state_->check_compiled();
  const MeasuredStep& step = *state_->training.at({});
  std::vector<std::string> names = {"loss"};
  for (const std::string& name : reported_parts(step.losses)) names.push_back(name);
  for (const MetricBinding& metric : step.metrics) names.push_back(metric.shown);
  return names;
}

}  // namespace lamina
