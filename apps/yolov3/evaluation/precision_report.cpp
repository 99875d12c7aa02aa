// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/evaluation/precision_report.h"

#include <algorithm>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>

#include "core/base/text.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

// Columns that a name takes in a terminal: one per character of UTF-8, whatever its bytes.
size_t columns(const std::string& name) {
  return static_cast<size_t>(std::count_if(name.begin(), name.end(), [](char byte) { return (byte & 0xc0) != 0x80; }));
}

std::string padded(const std::string& name, size_t width) {
  return name + std::string(width - std::min(width, columns(name)), ' ');
}

std::string percent(const std::optional<double>& share) {
  return share ? text(std::fixed, std::setprecision(2), 100 * *share) : "-";
}

nlohmann::ordered_json or_null(const std::optional<double>& number) {
  return number ? nlohmann::ordered_json(*number) : nlohmann::ordered_json(nullptr);
}

}  // namespace

void print_table(std::ostream& out, const MeanAveragePrecision& result) {
  size_t width = 5;
  for (const ClassPrecision& of_class : result.classes) width = std::max(width, columns(printable(of_class.name)));
  const auto line = [&](const std::string& name, const std::string& ap, auto truths, auto difficult, auto hits, auto misses,
                        auto ignored) {
    const auto column = [](const auto& value) { return text(std::setw(11), value); };
    out << padded(name, width) << text(std::setw(9), ap) << column(truths) << column(difficult) << column(hits) << column(misses)
        << column(ignored) << "\n";
  };
  line("class", "AP %", "boxes", "difficult", "found", "false", "ignored");
  for (const ClassPrecision& of_class : result.classes) {
    line(printable(of_class.name), percent(of_class.average_precision), of_class.truths, of_class.difficult,
         of_class.true_positives, of_class.false_positives, of_class.ignored);
  }
  const std::vector<std::string> without = result.classes_without_truth();
  out << padded("mean", width) << text(std::setw(9), percent(result.mean))
      << text("   classes: ", result.classes.size() - without.size(), ", IoU ", result.options.iou_threshold,
              result.options.area == PrecisionArea::eleven_points ? ", 11 points" : ", all points",
              result.options.inclusive_edges ? ", inclusive edges" : "", "\n");
  if (!without.empty()) out << "not in the mean, having no boxes: " << printable(join(without), 4096) << "\n";
}

nlohmann::ordered_json to_json(const MeanAveragePrecision& result) {
  nlohmann::ordered_json json = {{"iou_threshold", result.options.iou_threshold},
                                 {"area", result.options.area == PrecisionArea::all_points ? "all_points" : "eleven_points"},
                                 {"inclusive_edges", result.options.inclusive_edges},
                                 {"mean", or_null(result.mean)},
                                 {"classes", nlohmann::ordered_json::array()}};
  for (const ClassPrecision& of_class : result.classes) {
    json["classes"].push_back({{"name", of_class.name},
                               {"average_precision", or_null(of_class.average_precision)},
                               {"truths", of_class.truths},
                               {"difficult", of_class.difficult},
                               {"true_positives", of_class.true_positives},
                               {"false_positives", of_class.false_positives},
                               {"ignored", of_class.ignored},
                               {"score", of_class.score},
                               {"precision", of_class.precision},
                               {"recall", of_class.recall}});
  }
  return json;
}

}  // namespace lamina::yolov3
