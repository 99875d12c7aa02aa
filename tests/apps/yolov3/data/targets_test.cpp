// SPDX-License-Identifier: Apache-2.0
// Targets against keras-yolo3's rule in numpy (golden files), and the cases that it is silent about.
#include "apps/yolov3/data/targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/yolov3/darknet/standard_networks.h"
#include "core/base/text.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/golden.h"

namespace lamina::yolov3 {
namespace {

using lamina::testing::expect_error;
using ::testing::ElementsAre;

struct Written {
  std::vector<HostTensor> targets;
  TargetCounts counts;
};

Written written(const std::vector<Box>& boxes, const TargetOptions& options) {
  Written result;
  std::vector<std::span<float>> rows;
  for (const ScaleGrid& scale : options.scales) result.targets.push_back(make_target(options, scale, 1));
  for (HostTensor& target : result.targets) rows.push_back(target.as<float>());
  result.counts = write_targets(boxes, options, rows);
  return result;
}

// With keras-yolo3's masks of tiny: anchor 3 is of both scales and anchor 0 of none.
TargetOptions tiny_options(int64_t classes) {
  return {.classes = classes, .anchors = yolov3_tiny_anchors(), .scales = {{32, {3, 4, 5}}, {16, {1, 2, 3}}}};
}

class TargetsGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(TargetsGolden, AreThoseOfTheRule) {
  const nlohmann::json golden = lamina::testing::load_golden(GetParam());
  TargetOptions options{
      .width = golden.at("width"), .height = golden.at("height"), .classes = golden.at("classes"), .max_boxes = 1000};
  for (const auto& anchor : golden.at("anchors")) options.anchors.push_back({anchor[0], anchor[1]});
  for (const auto& scale : golden.at("scales")) options.scales.push_back({scale.at("stride"), scale.at("mask")});
  std::vector<Box> boxes;
  for (const auto& box : golden.at("boxes"))
    boxes.push_back({box[0], box[1], box[2], box[3], static_cast<int>(box[4].get<double>())});
  check_target_options(options);
  const Written result = written(boxes, options);

  for (size_t s = 0; s < options.scales.size(); ++s) {
    HostTensor expected = make_target(options, options.scales[s], 1);
    const Extents& extents = expected.extents();
    for (const auto& row : golden.at("scales")[s].at("rows")) {
      const auto cell = (row[0].get<int64_t>() * extents[2] + row[1].get<int64_t>()) * extents[3] + row[2].get<int64_t>();
      for (int64_t i = 0; i < extents[4]; ++i) {
        expected.as<float>()[static_cast<size_t>(cell * extents[4] + i)] = row[static_cast<size_t>(3 + i)];
      }
    }
    EXPECT_TRUE(lamina::testing::is_golden(result.targets[s], expected)) << "scale " << s;
  }
}

INSTANTIATE_TEST_SUITE_P(, TargetsGolden, ::testing::ValuesIn(lamina::testing::golden_names("yolo_targets")),
                         lamina::testing::golden_case_name);

TEST(Targets, GiveAnAnchorOfTwoScalesToBoth) {
  const Written result = written({{100, 200, 182, 282, 1}}, tiny_options(2));  // 82 x 82: anchor 3
  EXPECT_THAT(result.counts.boxes_of_scale, ElementsAre(1, 1));
  EXPECT_EQ(result.targets[0].at({0, 7, 4, 0, 4}), 1.0);
  EXPECT_EQ(result.targets[1].at({0, 15, 8, 2, 4}), 1.0);
  EXPECT_EQ(result.targets[1].at({0, 15, 8, 2, 6}), 1.0);
}

TEST(Targets, CountBoxesWhoseAnchorNoScaleHas) {
  const Written result = written({{100, 100, 110, 114, 0}}, tiny_options(1));  // anchor 0
  EXPECT_EQ(result.counts.without_anchor, 1);
  for (const HostTensor& target : result.targets) {
    for (const float value : target.as<float>()) ASSERT_EQ(value, 0.0f);
  }
}

TEST(Targets, LetALaterBoxTakeThePlaceAndAddItsClass) {
  const Written result = written({{100, 100, 182, 182, 0}, {101, 101, 180, 185, 2}}, tiny_options(3));
  EXPECT_EQ(result.counts.overwritten, 1);
  EXPECT_EQ(result.counts.boxes, 2);
  std::vector<double> values;
  for (int64_t i = 0; i < 8; ++i) values.push_back(result.targets[0].at({0, 4, 4, 0, i}));
  EXPECT_THAT(values, ElementsAre(140.5f / 416, 143.0f / 416, 79.0f / 416, 84.0f / 416, 1, 1, 0, 1));
}

TEST(Targets, LeaveOutBoxesBeyondTheMaximum) {
  TargetOptions options = tiny_options(1);
  options.max_boxes = 2;
  const Written result = written({{0, 0, 82, 82}, {100, 100, 182, 182}, {200, 200, 282, 282}}, options);
  EXPECT_EQ(result.counts.beyond_max, 1);
  EXPECT_THAT(result.counts.boxes_of_scale, ElementsAre(2, 2));
}

TEST(Targets, KeepACentreOnTheFarEdgeInTheLastCell) {
  const Written result = written({{400, 400, 432, 432}}, tiny_options(1));
  EXPECT_EQ(result.targets[1].at({0, 25, 25, 0, 4}), 1.0);
}

TEST(Targets, AreOfTheHeadsOfANetwork) {
  const TargetOptions tiny = target_options(yolov3_tiny_network(5, yolov3_tiny_anchors(), 320));
  EXPECT_EQ(tiny.width, 320);
  EXPECT_EQ(tiny.height, 320);
  EXPECT_EQ(tiny.classes, 5);
  EXPECT_EQ(tiny.anchors, yolov3_tiny_anchors());
  EXPECT_THAT(tiny.scales, ElementsAre(ScaleGrid{32, {3, 4, 5}}, ScaleGrid{16, {0, 1, 2}}));
  const TargetOptions full = target_options(yolov3_network(1, yolov3_anchors(), 64));
  EXPECT_EQ(full.anchors, yolov3_anchors());
  EXPECT_THAT(full.scales, ElementsAre(ScaleGrid{32, {6, 7, 8}}, ScaleGrid{16, {3, 4, 5}}, ScaleGrid{8, {0, 1, 2}}));
}

TEST(Targets, NeedTheSameAnchorsInEveryHead) {
  DarknetNetwork network = yolov3_tiny_network(1, yolov3_tiny_anchors(), 64);
  std::get<DarknetYolo>(network.layers.back().kind).anchors.front().width = 11;
  expect_error(ErrorKind::model,
               "the [yolo] layers have different anchors; to train, write the same anchors in each and choose among them by mask",
               [&] { target_options(network); });
}

TEST(TargetCounts, AddUp) {
  TargetCounts sum;
  sum += TargetCounts{4, {1, 2}, 3, 4, 5};
  sum += TargetCounts{1, {10, 20}, 30, 40, 50};
  EXPECT_EQ(sum, (TargetCounts{5, {11, 22}, 33, 44, 55}));
}

TEST(Targets, RefuseOptionsThatDoNotFit) {
  const auto refused = [](const std::string& message, const std::function<void(TargetOptions&)>& change) {
    TargetOptions options = tiny_options(1);
    change(options);
    expect_error(ErrorKind::usage, "targets: " + message, [&] { check_target_options(options); });
  };
  refused("0 classes, expected 1 or more", [](TargetOptions& o) { o.classes = 0; });
  refused("max_boxes is 0, expected 1 or more", [](TargetOptions& o) { o.max_boxes = 0; });
  refused("there are no anchors", [](TargetOptions& o) { o.anchors.clear(); });
  refused("there are no scales", [](TargetOptions& o) { o.scales.clear(); });
  refused("a stride is 0, expected 1 or more", [](TargetOptions& o) { o.scales[0].stride = 0; });
  refused("the input is 416 x 400 pixels, expected multiples of 32", [](TargetOptions& o) { o.height = 400; });
  refused("the input is 0 x 416 pixels, expected multiples of 32", [](TargetOptions& o) { o.width = 0; });
  refused("the scale of stride 16 has no anchors", [](TargetOptions& o) { o.scales[1].anchors.clear(); });
  refused("the scale of stride 32 has anchor 6, expected 0 to 5", [](TargetOptions& o) { o.scales[0].anchors = {6}; });
  refused("the scale of stride 32 has anchor -1, expected 0 to 5", [](TargetOptions& o) { o.scales[0].anchors = {-1}; });
  refused("the scale of stride 32 has an anchor twice", [](TargetOptions& o) { o.scales[0].anchors = {1, 1}; });
}

}  // namespace
}  // namespace lamina::yolov3
