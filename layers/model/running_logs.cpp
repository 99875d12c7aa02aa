// SPDX-License-Identifier: Apache-2.0
#include "layers/model/running_logs.h"

#include "layers/model/graphs.h"

namespace lamina {
namespace {

double scalar_of(const Feed& results, const std::string& name) { return results.at(name).at(0); }

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

}  // namespace lamina
