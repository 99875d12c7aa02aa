// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/shapes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "apps/yolov3/data/box_overlap.h"
#include "tests/testing/expect_error.h"

namespace lamina::yolov3 {
namespace {

using lamina::testing::expect_error;

// The same picture's pixels at one place.
bool same_color(const Picture& picture, int64_t x, int64_t y, int64_t other_x, int64_t other_y) {
  const auto at = [&](int64_t column, int64_t row) { return picture.rgb.begin() + 3 * (row * picture.width + column); };
  return std::equal(at(x, y), at(x, y) + 3, at(other_x, other_y));
}

// The bounds of the pixels of a shape's colour, within and around its box: a pixel more on each side.
Box drawn_bounds(const Picture& picture, const Box& box) {
  const auto left = static_cast<int64_t>(box.left), right = static_cast<int64_t>(box.right);
  const auto top = static_cast<int64_t>(box.top), bottom = static_cast<int64_t>(box.bottom);
  const int64_t middle_x = (left + right) / 2, middle_y = (top + bottom) / 2;
  Box bounds{box.right, box.bottom, box.left, box.top, box.label};
  for (int64_t y = std::max<int64_t>(top - 1, 0); y < std::min(bottom + 1, picture.height); ++y) {
    for (int64_t x = std::max<int64_t>(left - 1, 0); x < std::min(right + 1, picture.width); ++x) {
      if (!same_color(picture, x, y, middle_x, middle_y)) continue;
      bounds.left = std::min(bounds.left, static_cast<double>(x));
      bounds.top = std::min(bounds.top, static_cast<double>(y));
      bounds.right = std::max(bounds.right, static_cast<double>(x + 1));
      bounds.bottom = std::max(bounds.bottom, static_cast<double>(y + 1));
    }
  }
  return bounds;
}

TEST(Shapes, HaveBoxesThatTouchTheirOutermostPixels) {
  const DetectionData data = make_shapes({.size = 96, .train = 60});
  int64_t boxes = 0;
  for (int64_t i = 0; i < data.train->count(); ++i) {
    const Picture picture = data.train->read(i);
    ASSERT_EQ((PictureSize{picture.width, picture.height}), data.train->size(i));
    for (const Box& box : data.train->boxes(i)) {
      EXPECT_EQ(drawn_bounds(picture, box), box) << data.train->name(i);
      ++boxes;
    }
  }
  EXPECT_GT(boxes, 100);
}

TEST(Shapes, DoNotOverlap) {
  const DetectionData data = make_shapes({.train = 100, .max_shapes = 9});
  for (int64_t i = 0; i < data.train->count(); ++i) {
    const std::vector<Box>& boxes = data.train->boxes(i);
    EXPECT_FALSE(boxes.empty());
    for (size_t a = 0; a < boxes.size(); ++a) {
      for (size_t b = 0; b < a; ++b) EXPECT_EQ(overlap(boxes[a], boxes[b]), 0.0);
    }
  }
}

TEST(Shapes, AreAFunctionOfSeedSplitAndIndex) {
  const DetectionData data = make_shapes({.seed = 3, .train = 5, .validation = 5, .test = 5});
  const DetectionData longer = make_shapes({.seed = 3, .train = 9, .validation = 5, .test = 5});
  const DetectionData other = make_shapes({.seed = 4, .train = 5, .validation = 5, .test = 5});
  std::set<std::string> different;
  for (int64_t i = 0; i < 5; ++i) {
    EXPECT_EQ(data.train->read(i).rgb, longer.train->read(i).rgb);
    for (const auto& pictures : {data.train, data.validation, data.test, other.train}) {
      const Picture picture = pictures->read(i);
      different.emplace(picture.rgb.begin(), picture.rgb.end());
    }
  }
  EXPECT_EQ(different.size(), 20u);
}

TEST(Shapes, ShowEveryClassAboutEquallyOften) {
  const DetectionData data = make_shapes({.train = 1000});
  const std::vector<int64_t> counts = boxes_per_class(*data.train, 3);
  const int64_t all = counts[0] + counts[1] + counts[2];
  for (const int64_t count : counts) EXPECT_NEAR(static_cast<double>(count) / static_cast<double>(all), 1.0 / 3, 0.05);
}

TEST(Shapes, RefuseOptionsOutsideOfTheirRange) {
  expect_error(ErrorKind::usage, "shapes: size is 16, expected 32 to 4096", [] { make_shapes({.size = 16}); });
  expect_error(ErrorKind::usage, "shapes: train is 0, expected 1 to 16777216", [] { make_shapes({.train = 0}); });
  expect_error(ErrorKind::usage, "shapes: validation is -1, expected 0 to 16777216", [] { make_shapes({.validation = -1}); });
  expect_error(ErrorKind::usage, "shapes: test is -1, expected 0 to 16777216", [] { make_shapes({.test = -1}); });
  expect_error(ErrorKind::usage, "shapes: max_shapes is 0, expected 1 to 100", [] { make_shapes({.max_shapes = 0}); });
}

}  // namespace
}  // namespace lamina::yolov3
