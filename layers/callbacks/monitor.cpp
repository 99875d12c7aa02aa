// SPDX-License-Identifier: Apache-2.0
#include "layers/callbacks/monitor.h"

#include <algorithm>
#include <array>
#include <limits>
#include <ostream>
#include <string_view>

#include "core/base/text.h"
#include "layers/layer.h"

namespace lamina {
namespace {

constexpr std::array<std::string_view, 15> kMoreIsBetter = {
    "acc", "accuracy", "ap", "auc", "cosine_similarity", "f1", "f1_score", "fbeta_score", "fmeasure", "io_u", "iou",
    "map", "precision", "r2_score", "recall"};

bool ends_in_metric(const std::string& name) {
  return std::any_of(kMoreIsBetter.begin(), kMoreIsBetter.end(), [&](std::string_view metric) {
    if (!name.ends_with(metric)) return false;
    const size_t rest = name.size() - metric.size();
    return rest == 0 || name[rest - 1] == '_';
  });
}

// A log is named val_<output>_<metric>, so the metric's own name is whole words at the end: an output "heatmap" has no
// say. What may follow is a number: the _1 of a second metric of one name, the threshold of "map50" and "precision@0.5".
bool is_more_better(const std::string& log, MonitorMode mode) {
  if (mode != MonitorMode::automatic) return mode == MonitorMode::max;
  const std::string name = default_layer_name(log);  // "val_CosineSimilarity" and "mAP" in small letters too
  const size_t end = name.find_last_not_of("0123456789_@.-:");
  return ends_in_metric(name) || ends_in_metric(name.substr(0, end + 1));
}

}  // namespace

Monitor::Monitor(std::string name, MonitorMode mode) : name_(std::move(name)), more_(is_more_better(name_, mode)) {}

double Monitor::worst() const {
  return more_ ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
}

std::optional<double> Monitor::read(const Logs& logs, const char* what, std::ostream& out) const {
  const std::optional<double> value = logs.get(name_);
  if (!value) {
    out << "warning: " << what << " conditioned on metric `" << name_ << "` which is not available. Available metrics are: "
        << join(logs.names(), ",") << "\n";
  }
  return value;
}

}  // namespace lamina
