// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/drawing/draw_boxes.h"

#include <gtest/gtest.h>

#include <limits>

#include "apps/yolov3/drawing/class_color.h"
#include "tests/apps/yolov3/drawing/pictures.h"
#include "tests/testing/expect_error.h"

namespace lamina::yolov3 {
namespace {

using testing::count_color;
using testing::expect_error;
using testing::is_close;
using testing::pixel;

const std::vector<std::string> kNames = {"cat", "a rather long name", "Kätzchen \xff\n"};
const Picture kGrey = testing::plain_picture(300, 200, 128);

Picture drawn(const std::vector<Box>& boxes) { return draw_boxes(kGrey, boxes, kNames); }

TEST(DrawBoxes, DrawsALineAlongTheBoxAndLeavesTheRest) {
  const Picture picture = drawn({{100, 60, 200, 160, 0}});
  const Color color = class_color(0);
  EXPECT_TRUE(is_close(pixel(picture, 100, 110), color));
  EXPECT_TRUE(is_close(pixel(picture, 199, 110), color));
  EXPECT_TRUE(is_close(pixel(picture, 150, 60), color));
  EXPECT_TRUE(is_close(pixel(picture, 150, 159), color));
  EXPECT_EQ(pixel(picture, 150, 110), (testing::Rgb{128, 128, 128}));
  EXPECT_EQ(pixel(picture, 90, 180), (testing::Rgb{128, 128, 128}));
  EXPECT_EQ(drawn({}).rgb, kGrey.rgb);
}

// Colored pixels of a label at a corner of the picture: as many as in the middle, where there is room for all of it.
TEST(DrawBoxes, KeepsALabelInsideThePicture) {
  const auto beside_the_line = [](const Picture& picture) {
    int64_t count = 0;
    for (int64_t y = 0; y < picture.height; ++y) {
      for (int64_t x = 0; x < picture.width; ++x) count += pixel(picture, x, y) != testing::Rgb{128, 128, 128} ? 1 : 0;
    }
    return count;
  };
  const auto label_at = [&](double x, double y) { return beside_the_line(drawn({{x, y, x + 1, y + 1, 1}})); };
  const int64_t whole = label_at(100, 100);
  EXPECT_GT(whole, 1000);
  for (const double x : {0.0, 299.0}) {
    for (const double y : {0.0, 199.0})
      EXPECT_NEAR(static_cast<double>(label_at(x, y)), static_cast<double>(whole), 30) << x << ", " << y;
  }
}

TEST(DrawBoxes, CutsABoxThatLeavesThePicture) {
  const Picture picture = drawn({{-50, 80, 1e9, 150, 0}});
  EXPECT_TRUE(is_close(pixel(picture, 0, 120), class_color(0)));
  EXPECT_TRUE(is_close(pixel(picture, 299, 120), class_color(0)));
}

TEST(DrawBoxes, DashesDifficultBoxes) {
  const Picture solid = drawn({{10, 60, 290, 190, 0, false}}), dashed = drawn({{10, 60, 290, 190, 0, true}});
  EXPECT_LT(count_color(dashed, class_color(0)), count_color(solid, class_color(0)) * 8 / 10);
  EXPECT_GT(count_color(dashed, class_color(0)), 100);
}

TEST(DrawBoxes, PutsTheBestDetectionOnTop) {
  const Detection low{{50, 50, 150, 150, 0}, 0.3}, high{{50, 50, 150, 150, 1}, 0.9};
  for (const std::vector<Detection>& order : {std::vector<Detection>{low, high}, std::vector<Detection>{high, low}}) {
    EXPECT_TRUE(is_close(pixel(draw_boxes(kGrey, order, kNames), 50, 100), class_color(1)));
  }
}

TEST(DrawBoxes, TakesNamesThatAreNoText) { EXPECT_GT(count_color(drawn({{100, 60, 200, 160, 2}}), class_color(2)), 100); }

TEST(DrawBoxes, DrawsOnAPictureOfOnePixel) {
  EXPECT_EQ(draw_boxes(testing::plain_picture(1, 1, 0), std::vector<Box>{{0, 0, 1, 1, 0}}, kNames).rgb.size(), 3u);
}

TEST(DrawBoxes, RefusesWhatIsNoBox) {
  expect_error(ErrorKind::model, "a box to be drawn has the label 3; there are 3 class names", [] { drawn({{0, 0, 1, 1, 3}}); });
  expect_error(ErrorKind::model, "a box to be drawn has the edges 0, nan, 1, 1; they must be finite", [] {
    drawn({{0, std::numeric_limits<double>::quiet_NaN(), 1, 1, 0}});
  });
}

}  // namespace
}  // namespace lamina::yolov3
