// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/evaluation/precision_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace lamina::yolov3 {
namespace {

MeanAveragePrecision small_result(const AveragePrecisionOptions& options = {}) {
  const Box cat{0, 0, 10, 10, 0}, difficult{50, 50, 60, 60, 0, true};
  const std::vector<std::vector<Box>> truth = {{cat, difficult}, {cat}};
  const std::vector<std::vector<Detection>> found = {{{cat, 0.75}, {{50, 50, 60, 60, 0}, 0.5}}, {{{90, 90, 99, 99, 0}, 0.25}}};
  return mean_average_precision(truth, found, {"Kätzchen", "dog"}, options);
}

TEST(PrecisionReport, PrintsALinePerClassAndWhatIsNotInTheMean) {
  std::ostringstream out;
  print_table(out, small_result());
  EXPECT_EQ(out.str(),
            "class        AP %      boxes  difficult      found      false    ignored\n"
            "Kätzchen    50.00          2          1          1          1          1\n"
            "dog             -          0          0          0          0          0\n"
            "mean        50.00   classes: 1, IoU 0.5, all points\n"
            "not in the mean, having no boxes: dog\n");
  std::ostringstream other;
  print_table(other, small_result({.iou_threshold = 0.75, .area = PrecisionArea::eleven_points, .inclusive_edges = true}));
  EXPECT_NE(other.str().find("mean        54.55   classes: 1, IoU 0.75, 11 points, inclusive edges\n"), std::string::npos)
      << other.str();
}

TEST(PrecisionReport, WritesJsonWithTheCurves) {
  EXPECT_EQ(
      to_json(small_result()).dump(),
      R"({"iou_threshold":0.5,"area":"all_points","inclusive_edges":false,"mean":0.5,"classes":[)"
      R"({"name":"Kätzchen","average_precision":0.5,"truths":2,"difficult":1,"true_positives":1,"false_positives":1,"ignored":1,)"
      R"("score":[0.75,0.25],"precision":[1.0,0.5],"recall":[0.5,0.5]},)"
      R"({"name":"dog","average_precision":null,"truths":0,"difficult":0,"true_positives":0,"false_positives":0,"ignored":0,)"
      R"("score":[],"precision":[],"recall":[]}]})");
}

}  // namespace
}  // namespace lamina::yolov3
