// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/evaluation/mean_average_precision.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "tests/testing/expect_error.h"
#include "tests/testing/golden.h"

namespace lamina::yolov3 {
namespace {

using testing::expect_error;
using Truth = std::vector<std::vector<Box>>;
using Found = std::vector<std::vector<Detection>>;

const Box kTruth{0, 0, 10, 10};
// Of kTruth they share all, 0.8 and half.
const Box kExact = kTruth, kClose{0, 0, 10, 8}, kHalf{0, 0, 10, 5};

MeanAveragePrecision evaluate(const Truth& truth, const Found& found, const AveragePrecisionOptions& options = {}) {
  return mean_average_precision(truth, found, {"cat", "dog"}, options);
}

class VocMap : public ::testing::TestWithParam<std::string> {};

TEST_P(VocMap, IsThatOfOtherTools) {
  const nlohmann::json golden = testing::load_golden(GetParam());
  Truth truth;
  Found found;
  for (const nlohmann::json& picture : golden["inputs"]) {
    truth.emplace_back();
    for (const auto& box : picture["truth"]) truth.back().push_back({box[0], box[1], box[2], box[3], box[4], box[5] == 1});
    found.emplace_back();
    for (const auto& box : picture["found"]) found.back().push_back({{box[0], box[1], box[2], box[3], box[4]}, box[5]});
  }
  const nlohmann::json& config = golden["config"];
  const MeanAveragePrecision result =
      mean_average_precision(truth, found, config["classes"].get<std::vector<std::string>>(),
                             {.iou_threshold = config["iou_threshold"],
                              .area = config["eleven_points"] ? PrecisionArea::eleven_points : PrecisionArea::all_points,
                              .inclusive_edges = config["inclusive_edges"]});
  EXPECT_TRUE(testing::is_golden(result.mean.value(), golden["expected"]["mean"].get<double>()));
  ASSERT_EQ(result.classes.size(), golden["expected"]["classes"].size());
  for (size_t label = 0; label < result.classes.size(); ++label) {
    const nlohmann::json& expected = golden["expected"]["classes"][label];
    const ClassPrecision& actual = result.classes[label];
    EXPECT_EQ(actual.true_positives, expected["true_positives"]) << actual.name;
    EXPECT_EQ(actual.false_positives, expected["false_positives"]) << actual.name;
    ASSERT_EQ(actual.average_precision.has_value(), !expected["average_precision"].is_null()) << actual.name;
    if (actual.average_precision) {
      EXPECT_TRUE(testing::is_golden(*actual.average_precision, expected["average_precision"].get<double>())) << actual.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, VocMap, ::testing::ValuesIn(testing::golden_names("voc_map")), testing::golden_case_name);

TEST(MeanAveragePrecision, IsOneForPerfectDetections) {
  const MeanAveragePrecision result = evaluate({{kTruth}, {}}, {{{kExact, 0.9}}, {}});
  EXPECT_EQ(result.mean, 1.0);
  EXPECT_EQ(result.classes[0].recall, std::vector<double>{1.0});
  EXPECT_EQ(result.classes_without_truth(), std::vector<std::string>{"dog"});
  EXPECT_FALSE(result.classes[1].average_precision);
}

TEST(MeanAveragePrecision, GoesByFallingScore) {
  // A miss, then a hit of two boxes: precision 0, 1/2 at recall 0, 1/2.
  const MeanAveragePrecision result = evaluate({{kTruth}, {kTruth}}, {{{{50, 50, 60, 60}, 0.9}}, {{kExact, 0.2}}});
  EXPECT_EQ(result.classes[0].score, (std::vector<double>{0.9, 0.2}));
  EXPECT_EQ(result.classes[0].precision, (std::vector<double>{0, 0.5}));
  EXPECT_EQ(result.classes[0].recall, (std::vector<double>{0, 0.5}));
  EXPECT_EQ(result.mean, 0.25);
}

TEST(MeanAveragePrecision, TakesABoxOnceAndForTheBestScore) {
  const MeanAveragePrecision result = evaluate({{kTruth}}, {{{kExact, 0.5}, {kClose, 0.9}}});
  EXPECT_EQ(result.classes[0].true_positives, 1);
  EXPECT_EQ(result.classes[0].false_positives, 1);
  EXPECT_EQ(result.classes[0].precision, (std::vector<double>{1, 0.5}));
}

// The kit looks at the box of largest overlap only, be another one still free.
TEST(MeanAveragePrecision, DoesNotTurnToTheSecondBestBox) {
  const Box near{0, 0, 10, 9};
  const MeanAveragePrecision result = evaluate({{kTruth, near}}, {{{kExact, 0.9}, {{0, 0, 10, 9.8}, 0.8}}});
  EXPECT_EQ(result.classes[0].true_positives, 1);
  EXPECT_EQ(result.classes[0].false_positives, 1);
}

TEST(MeanAveragePrecision, CountsAnOverlapOfJustTheThreshold) {
  EXPECT_EQ(evaluate({{kTruth}}, {{{kHalf, 0.9}}}).mean, 1.0);
  EXPECT_EQ(evaluate({{kTruth}}, {{{kHalf, 0.9}}}, {.iou_threshold = 0.51}).mean, 0.0);
}

// Sixty pictures, a box in each of the first twenty: more than a sort keeps in order by chance.
TEST(MeanAveragePrecision, KeepsTheOrderOfPicturesAtEqualScores) {
  Truth truth(60);
  std::vector<double> precision;
  for (size_t picture = 0, hits = 0; picture < 60; ++picture) {
    if (picture < 20) truth[picture] = {kTruth}, ++hits;
    precision.push_back(static_cast<double>(hits) / static_cast<double>(picture + 1));
  }
  EXPECT_EQ(evaluate(truth, Found(60, {{{kExact, 0.5}}})).classes[0].precision, precision);
}

TEST(MeanAveragePrecision, LeavesDifficultBoxesOut) {
  Box difficult = kTruth;
  difficult.difficult = true;
  const MeanAveragePrecision result = evaluate({{difficult}, {kTruth}}, {{{kExact, 0.9}, {kClose, 0.8}}, {{kExact, 0.7}}});
  EXPECT_EQ(result.classes[0].truths, 1);
  EXPECT_EQ(result.classes[0].difficult, 1);
  EXPECT_EQ(result.classes[0].ignored, 2);  // each time that one is found
  EXPECT_EQ(result.classes[0].false_positives, 0);
  EXPECT_EQ(result.mean, 1.0);
  EXPECT_FALSE(evaluate({{difficult}}, {{}}).mean);  // nothing to be found
}

TEST(MeanAveragePrecision, KeepsClassesApart) {
  Box dog = kTruth;
  dog.label = 1;
  const MeanAveragePrecision result = evaluate({{kTruth, dog}}, {{{dog, 0.9}}});
  EXPECT_EQ(result.classes[0].average_precision, 0.0);
  EXPECT_EQ(result.classes[1].average_precision, 1.0);
  EXPECT_EQ(result.mean, 0.5);
}

// Ten boxes, three of them found: recall 3/10 reaches the point 0.3, though 0.1 * 3 is above 0.3 in binary.
TEST(MeanAveragePrecision, ReachesEachOfElevenPoints) {
  const Truth truth(10, {kTruth});
  Found found(10);
  for (size_t picture = 0; picture < 3; ++picture) found[picture] = {{kExact, 0.9}};
  EXPECT_DOUBLE_EQ(*evaluate(truth, found, {.area = PrecisionArea::eleven_points}).mean, 4.0 / 11);
  EXPECT_DOUBLE_EQ(*evaluate(truth, found).mean, 0.3);
}

TEST(MeanAveragePrecision, AddsAPixelToInclusiveEdgesOnly) {
  // 10 x 10 and 10 x 4 inclusive pixels: 0.4; as plain numbers 9 x 3 of 9 x 9, a third.
  const Truth truth = {{{0, 0, 9, 9}}};
  const Found found = {{{{0, 0, 9, 3}, 0.9}}};
  EXPECT_EQ(evaluate(truth, found, {.iou_threshold = 0.39, .inclusive_edges = true}).mean, 1.0);
  EXPECT_EQ(evaluate(truth, found, {.iou_threshold = 0.39}).mean, 0.0);
}

TEST(MeanAveragePrecision, IsDefinedForNothing) {
  EXPECT_FALSE(evaluate({}, {}).mean);
  EXPECT_EQ(evaluate({{kTruth}}, {{}}).mean, 0.0);
  EXPECT_EQ(evaluate({{{0, 0, 0, 0}}}, {{{{0, 0, 0, 0}, 0.5}}}).mean, 0.0);  // no area, no overlap
}

TEST(MeanAveragePrecision, RefusesWhatIsNoDetection) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto call = [](const Truth& truth, const Found& found, const AveragePrecisionOptions& options = {}) {
    return [=] { evaluate(truth, found, options); };
  };
  expect_error(ErrorKind::usage, "mean average precision: boxes of 2 pictures and detections of 1", call({{}, {}}, {{}}));
  expect_error(ErrorKind::usage, "mean average precision: the IoU threshold is 0, it lies above 0 and is at most 1",
               call({}, {}, {.iou_threshold = 0}));
  expect_error(ErrorKind::usage, "mean average precision: the IoU threshold is nan, it lies above 0 and is at most 1",
               call({}, {}, {.iou_threshold = kNan}));
  expect_error(ErrorKind::model, "mean average precision: picture 1, box 0 has the label 2; there are 0 to 1",
               call({{}, {{0, 0, 1, 1, 2}}}, {{}, {}}));
  expect_error(ErrorKind::model, "mean average precision: picture 0, box 1 has the edges 0, nan, 1, 1; they must be finite",
               call({{kTruth, {0, kNan, 1, 1}}}, {{}}));
  expect_error(ErrorKind::model, "mean average precision: picture 0, detection 0 has the label -1; there are 0 to 1",
               call({{}}, {{{{0, 0, 1, 1, -1}, 0.5}}}));
  expect_error(ErrorKind::model, "mean average precision: picture 0, detection 0 has the score inf; it must be finite",
               call({{}}, {{{kTruth, kInfinity}}}));
}

}  // namespace
}  // namespace lamina::yolov3
