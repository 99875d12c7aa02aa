// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/anchors.h"

#include <gtest/gtest.h>

#include "apps/yolov3/darknet/standard_networks.h"
#include "tests/testing/expect_error.h"

namespace lamina::yolov3 {
namespace {

using lamina::testing::expect_error;

void expect_refused(const std::string& given, const std::string& reason, size_t count = 0) {
  expect_error(ErrorKind::usage, "anchors \"" + given + "\": " + reason + "; write \"width,height, width,height, ...\"",
               [&] { parse_anchors(given, count); });
}

TEST(Anchors, AreReadWithCommasAndBlanks) {
  const std::vector<DarknetAnchor> expected = {{10, 13}, {16.5, 30}};
  EXPECT_EQ(parse_anchors("10,13, 16.5,30"), expected);
  EXPECT_EQ(parse_anchors("\t10 ,13\r\n16.5 30,", 2), expected);
  EXPECT_EQ(parse_anchors(anchors_text(expected)), expected);
}

TEST(Anchors, AreRefusedWithReasonAndForm) {
  expect_refused("", "there are none");
  expect_refused(" , ", "there are none");
  expect_refused("10,13,16", "3 numbers are no pairs");
  expect_refused("10,13", "1 anchors, expected 9", 9);
  expect_refused("10,x", "\"x\" is no number");
  expect_refused("10,13px", "\"13px\" is no number");
  expect_refused("10,0", "\"0\" is not above 0 and at most 65536");
  expect_refused("10,-3", "\"-3\" is not above 0 and at most 65536");
  expect_refused("10,nan", "\"nan\" is not above 0 and at most 65536");
  expect_refused("10,inf", "\"inf\" is not above 0 and at most 65536");
  expect_refused("10,1e9", "\"1e9\" is not above 0 and at most 65536");
}

TEST(Anchors, OverlapAboutOneCentre) {
  EXPECT_DOUBLE_EQ(size_overlap({2, 2}, {2, 2}), 1.0);
  EXPECT_DOUBLE_EQ(size_overlap({2, 2}, {4, 1}), 2.0 / 6.0);
}

TEST(Anchors, OfEqualFitTheFirstIsBest) {
  const std::vector<DarknetAnchor> anchors = {{1, 1}, {4, 2}, {2, 4}};
  EXPECT_EQ(best_anchor(anchors, {3, 3}), 1u);
  EXPECT_EQ(best_anchor(anchors, {2, 4}), 2u);
}

TEST(Anchors, MeanOverlapIsOfTheBestAnchorOfEachSize) {
  const std::vector<DarknetAnchor> anchors = {{2, 2}, {8, 8}};
  EXPECT_DOUBLE_EQ(mean_best_overlap(anchors, std::vector<DarknetAnchor>{{2, 2}, {8, 4}}), (1.0 + 0.5) / 2);
  EXPECT_EQ(mean_best_overlap(anchors, {}), 0.0);
}

TEST(Anchors, AreWrittenWithOneDecimal) {
  EXPECT_EQ(anchors_text(yolov3_anchors()), "10,13, 16,30, 33,23, 30,61, 62,45, 59,119, 116,90, 156,198, 373,326");
  EXPECT_EQ(anchors_text(yolov3_tiny_anchors()), "10,14, 23,27, 37,58, 81,82, 135,169, 344,319");
  EXPECT_EQ(anchors_text(std::vector<DarknetAnchor>{{1.25, 2.04}}), "1.3,2");
}

TEST(Anchors, OfTheStandardModelsAreSorted) {
  EXPECT_TRUE(sorted_by_area(yolov3_anchors()));
  EXPECT_TRUE(sorted_by_area(yolov3_tiny_anchors()));
  EXPECT_FALSE(sorted_by_area(std::vector<DarknetAnchor>{{3, 3}, {2, 2}}));
}

}  // namespace
}  // namespace lamina::yolov3
