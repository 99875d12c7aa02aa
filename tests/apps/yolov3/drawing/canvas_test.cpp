// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/drawing/canvas.h"

#include <gtest/gtest.h>

#include "apps/yolov3/drawing/class_color.h"
#include "core/io/atomic_file.h"
#include "core/io/read_file.h"
#include "tests/apps/yolov3/drawing/pictures.h"
#include "tests/core/io/faulty_file_ops.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/scratch_folder.h"

namespace lamina::yolov3 {
namespace {

using testing::expect_error;
using testing::ScratchFolder;

Picture colorful(int64_t width, int64_t height) {
  Picture picture = testing::plain_picture(width, height, 0);
  for (size_t i = 0; i < picture.rgb.size(); ++i) picture.rgb[i] = static_cast<uint8_t>(i * 37 % 256);
  return picture;
}

TEST(Canvas, KeepsThePixelsOfAPicture) {
  const Picture picture = colorful(13, 7);
  EXPECT_EQ(Canvas(picture).picture().rgb, picture.rgb);
}

TEST(Canvas, WritesAPngThatReadsBackToTheSamePixels) {
  ScratchFolder folder;
  const Picture picture = colorful(31, 17);
  write_png(folder / "p.png", picture);
  const Picture read = testing::read_png(folder / "p.png");
  EXPECT_EQ(read.width, 31);
  EXPECT_EQ(read.rgb, picture.rgb);
}

TEST(Canvas, KeepsTheOldFileWhereTheDiskIsFull) {
  ScratchFolder folder;
  write_file_atomically(folder / "p.png", [](ByteSink& sink) { sink.write("old"); });
  testing::FaultyFileOps files;
  files.fail("write", 1, ENOSPC);
  expect_error(ErrorKind::io,
               "cannot write \"" + (folder / "p.png").native() +
                   "\": No space left on device; free space there or choose a folder on another disk",
               [&] { write_png(folder / "p.png", colorful(5, 5), files); });
  EXPECT_EQ(read_file(folder / "p.png").size(), 3u);
}

TEST(Canvas, RefusesSidesThatCannotBeDrawn) {
  expect_error(ErrorKind::usage, "cannot draw 0 x 5 pixels; a side has 1 to 32767", [] { Canvas(0, 5, kWhite); });
  expect_error(ErrorKind::usage, "cannot draw 5 x 40000 pixels; a side has 1 to 32767", [] { Canvas(5, 40'000, kWhite); });
}

TEST(ClassColor, TellsTheFirstClassesApart) {
  for (int a = 0; a < 16; ++a) {
    for (int b = 0; b < a; ++b) {
      const Color x = class_color(a), y = class_color(b);
      EXPECT_GT(std::abs(x.red - y.red) + std::abs(x.green - y.green) + std::abs(x.blue - y.blue), 0.15) << a << " and " << b;
    }
  }
}

TEST(ClassColor, HasTextInBlackOrWhite) {
  EXPECT_EQ(readable_on({1, 1, 0.5}), kBlack);
  EXPECT_EQ(readable_on({0, 0, 0.9}), kWhite);
}

}  // namespace
}  // namespace lamina::yolov3
