// SPDX-License-Identifier: Apache-2.0
// Adds batches up to the numbers of an epoch: losses weighted by samples, metrics by their own counts.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/compile/bind_losses.h"
#include "core/exec/executor.h"
#include "layers/model/bind_metrics.h"
#include "layers/model/logs.h"

namespace lamina {

class RunningLogs {
 public:
  // Both are kept by reference.
  RunningLogs(const BoundLosses& losses, const std::vector<MetricBinding>& metrics) : losses_(losses), metrics_(metrics) {}

  void add(const Feed& results, int64_t samples);
  Logs logs() const;

 private:
  const BoundLosses& losses_;
  const std::vector<MetricBinding>& metrics_;
  std::map<std::string, double> sums_;
  double samples_ = 0;
};

}  // namespace lamina
