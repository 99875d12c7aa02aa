// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/drawing/picture_grid.h"

#include <gtest/gtest.h>

#include "tests/apps/yolov3/drawing/pictures.h"
#include "tests/testing/expect_error.h"

namespace lamina::yolov3 {
namespace {

using testing::expect_error;
using testing::pixel;
using testing::plain_picture;
using testing::Rgb;

TEST(PictureGrid, PutsPicturesRowByRow) {
  const std::vector<GridCell> cells = {
      {plain_picture(50, 50, 10), ""}, {plain_picture(50, 50, 90), ""}, {plain_picture(50, 50, 170), ""}};
  const Picture sheet = picture_grid(cells, {.columns = 2, .cell_side = 100});
  EXPECT_EQ(sheet.width, 12 + 2 * 112);
  EXPECT_EQ(sheet.height, 12 + 2 * 136);
  EXPECT_EQ(pixel(sheet, 62, 62), (Rgb{10, 10, 10}));
  EXPECT_EQ(pixel(sheet, 174, 62), (Rgb{90, 90, 90}));
  EXPECT_EQ(pixel(sheet, 62, 198), (Rgb{170, 170, 170}));
  EXPECT_NE(pixel(sheet, 174, 198), (Rgb{170, 170, 170}));
  EXPECT_EQ(picture_grid(cells, {.columns = 0, .cell_side = 100}).width, sheet.width);  // three are about two by two
}

TEST(PictureGrid, KeepsTheAspectRatio) {
  const Picture sheet = picture_grid(std::vector<GridCell>{{plain_picture(400, 200, 10), ""}}, {.cell_side = 100});
  EXPECT_EQ(pixel(sheet, 13, 62), (Rgb{10, 10, 10}));  // the full width,
  EXPECT_EQ(pixel(sheet, 62, 38), (Rgb{10, 10, 10}));  // and the half in the middle
  EXPECT_NE(pixel(sheet, 62, 35), (Rgb{10, 10, 10}));
}

TEST(PictureGrid, CutsACaptionAtItsCell) {
  const std::string longest(500, 'W');
  const auto sheet = [&](const std::string& caption) {
    return picture_grid(std::vector<GridCell>{{plain_picture(9, 9, 10), caption}, {plain_picture(9, 9, 10), ""}},
                        {.columns = 2, .cell_side = 100});
  };
  const Picture with = sheet(longest), without = sheet("");
  int64_t changed = 0;
  for (int64_t y = 0; y < with.height; ++y) {
    for (int64_t x = 0; x < with.width; ++x) {
      if (pixel(with, x, y) == pixel(without, x, y)) continue;
      ++changed;
      EXPECT_LE(x, 12 + 100);
      EXPECT_GE(y, 12 + 100);
    }
  }
  EXPECT_GT(changed, 100);
}

TEST(PictureGrid, RefusesWhatIsNoGrid) {
  const std::vector<GridCell> one = {{plain_picture(9, 9, 10), ""}};
  expect_error(ErrorKind::usage, "a grid of no pictures", [] { picture_grid({}); });
  expect_error(ErrorKind::usage, "a grid of -1 columns", [&] { picture_grid(one, {.columns = -1}); });
  expect_error(ErrorKind::usage, "a grid of cells of 31 pixels; they have 32 or more",
               [&] { picture_grid(one, {.cell_side = 31}); });
  expect_error(ErrorKind::usage, "cannot draw 40024 x 40048 pixels; a side has 1 to 32767",
               [&] { picture_grid(one, {.cell_side = 40'000}); });
}

}  // namespace
}  // namespace lamina::yolov3
