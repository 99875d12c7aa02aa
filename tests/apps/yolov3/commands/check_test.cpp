// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/commands/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "core/io/untrusted_text.h"
#include "tests/apps/yolov3/data/voc_folder.h"
#include "tests/testing/expect_error.h"

namespace lamina::yolov3 {
namespace {

using lamina::testing::expect_error;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::object;
using testing::VocFolder;

std::string printed(const CheckOptions& options) {
  std::ostringstream out;
  EXPECT_EQ(check(options, out), 0);
  return out.str();
}

// 8 boxes; in an input of 416 x 416 they are 4.16 times as large. The first two have one centre and are of the anchor that
// both of tiny's scales have; the third is 0.8 pixels wide there; the fifth is of the anchor that none has.
std::string boxes() {
  return object("dog", 10, 10, 30, 30) + object("dog", 10, 10.5, 30, 29.5) + object("cat", 2, 2, 2.2, 30) +
         object("cat", 50, 20, 100, 50) + object("cat", 1, 1, 5, 4) + object("cat", 20, 20, 26, 27) +
         object("cat", 40, 20, 48, 35) + object("cat", 0, 0, 90, 50);
}

TEST(Check, PrintsDataTargetsAndAnchors) {
  const VocFolder folder;
  folder.add("a", boxes());
  const std::string text = printed({.data = folder.root, .model = "tiny", .size = 416});
  EXPECT_EQ(text,
            "split         pictures  without boxes   boxes     cat     dog\n"
            "train                1              0       8       6       2\n"
            "validation           0              0       0       0       0\n"
            "test                 0              0       0       0       0\n"
            "Warnings\n"
            "  no lists in ImageSets/Main: 0 of 1 pictures, drawn by seed 0, are for validation\n"
            "  there are no pictures for validation\n"
            "\n"
            "Letterboxed to 416 x 416 pixels for tiny:\n"
            "train: 8 boxes\n"
            "  4 at the scale of 13 x 13 cells\n"
            "  4 at the scale of 26 x 26 cells\n"
            "  1 left out: a pixel or less in the input\n"
            "  1 left out: their best anchor is of no scale\n"
            "  1 overwritten by another box of the same cell and anchor\n"
            "Anchors: 10,14, 23,27, 37,58, 81,82, 135,169, 344,319\n"
            "  mean overlap of a training box with its best anchor: 0.757\n"
            "Anchors of these boxes (k-means, seed 0): 16.6,12.5, 25,29.1, 33.3,62.4, 83.2,83.2, 208,124.8, 374.4,208\n"
            "  mean overlap: 0.993\n");
}

TEST(Check, LooksAtDrawnShapes) {
  EXPECT_THAT(printed({.data = "shapes"}),
              AllOf(HasSubstr("circle  square  triangle"), HasSubstr("\nvalidation: "), HasSubstr("\ntest: ")));
}

TEST(Check, TakesAnchorsOfTheUserAndWarnsOfTheirOrder) {
  const VocFolder folder;
  folder.add("a", boxes());
  EXPECT_THAT(printed({.data = folder.root, .model = "tiny", .anchors = "20,20 10,10 30,30 40,40 50,50 60,60"}),
              AllOf(HasSubstr("Anchors: 20,20, 10,10, 30,30, "), HasSubstr("warning: they are not sorted by area")));
}

TEST(Check, ReadsClassNamesFromAFile) {
  const VocFolder folder;
  folder.add("a", boxes());
  folder.write("names", "dog\r\n\r\nhorse\ncat\n");
  const std::string names = folder.file("names");
  EXPECT_THAT(printed({.data = folder.root, .classes = names, .model = "tiny"}), HasSubstr("dog   horse     cat\n"));
  folder.write("names", "dog\n");
  EXPECT_THROW(printed({.data = folder.root, .classes = names}), Error);
  folder.write("names", "\n");
  expect_error(ErrorKind::model, in_quotes(names) + " has no class name; write one a line",
               [&] { printed({.data = folder.root, .classes = names}); });
  expect_error(ErrorKind::usage, "the data set 'shapes' has class names of its own; leave them out", [&] {
    folder.write("names", "dog");
    printed({.data = "shapes", .classes = names});
  });
}

TEST(Check, RefusesFlagsBeforeTheDataIsRead) {
  expect_error(ErrorKind::usage, "no model 'yolo'; there are: yolov3, tiny",
               [] { printed({.data = "missing", .model = "yolo"}); });
  expect_error(ErrorKind::usage, "targets: the input is 400 x 400 pixels, expected multiples of 32",
               [] { printed({.data = "missing", .size = 400}); });
  expect_error(ErrorKind::usage, "anchors \"1,2\": 1 anchors, expected 6; write \"width,height, width,height, ...\"",
               [] { printed({.data = "missing", .anchors = "1,2"}); });
}

TEST(Check, DecodesEveryPicture) {
  const VocFolder folder;
  folder.add("a", boxes());
  const auto picture = folder.file("JPEGImages/a.png");
  std::filesystem::resize_file(picture, std::filesystem::file_size(picture) - 20);
  expect_error(ErrorKind::model, in_quotes(picture.native()) + " is a damaged picture (the file ends early); replace the file",
               [&] { printed({.data = folder.root}); });
}

TEST(Check, IsACommandWithItsFlags) {
  CLI::App cli;
  std::function<int()> body;
  add_check_command(cli, body);
  cli.parse("check shapes --model tiny --size 64 --seed 3 --loader-threads 1 --max-boxes 5");
  ASSERT_TRUE(body);
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(body(), 0);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), HasSubstr("Letterboxed to 64 x 64 pixels for tiny:"));
  EXPECT_THROW(cli.parse("check"), CLI::RequiredError);
  EXPECT_THROW(cli.parse("check shapes --size 10"), CLI::ValidationError);
}

}  // namespace
}  // namespace lamina::yolov3
