// SPDX-License-Identifier: Apache-2.0
#include "layers/model/monitor.h"

#include <limits>
#include <ostream>

#include "core/base/text.h"

namespace lamina {
namespace {

bool is_more_better(const std::string& name, MonitorMode mode) {
  if (mode != MonitorMode::automatic) return mode == MonitorMode::max;
  for (const char* part : {"acc", "auc", "fmeasure", "precision", "recall", "iou", "map"}) {
    if (name.find(part) != std::string::npos && name.find("mape") == std::string::npos) return true;
  }
  return false;
}

}  // namespace

Monitor::Monitor(std::string name, MonitorMode mode) : name_(std::move(name)), more_(is_more_better(name_, mode)) {}

double Monitor::worst() const {
  return more_ ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
}

std::optional<double> Monitor::read(const Logs& logs, const char* who, std::ostream& out) const {
  const std::optional<double> value = logs.get(name_);
  if (!value) {
    out << "warning: " << who << " conditioned on metric `" << name_ << "` which is not available. Available metrics are: "
        << join(logs.names(), ",") << "\n";
  }
  return value;
}

}  // namespace lamina
