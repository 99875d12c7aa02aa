// SPDX-License-Identifier: Apache-2.0
// A mean average precision for people and for programs.
#pragma once

#include <iosfwd>
#include <nlohmann/json_fwd.hpp>

#include "apps/yolov3/evaluation/mean_average_precision.h"

namespace lamina::yolov3 {

// One line per class, the mean, and the classes that are not in it.
void print_table(std::ostream& out, const MeanAveragePrecision& result);

// {"iou_threshold", "area", "inclusive_edges", "mean", "classes": [{"name", "average_precision", "truths", "difficult",
// "true_positives", "false_positives", "ignored", "score": [], "precision": [], "recall": []}]}; null where there is none.
nlohmann::ordered_json to_json(const MeanAveragePrecision& result);

}  // namespace lamina::yolov3
