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
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::object;
using testing::VocFolder;

std::string printed(const CheckOptions& options) {
  std::ostringstream out;
  EXPECT_EQ(check(options, out), 0);
  return out.str();
}

NetworkFlags with_anchors(const std::string& anchors, int64_t size = 416) {
  return {.model = "tiny", .size = size, .anchors = anchors};
}

// 8 boxes; in an input of 416 x 416 they are 4.16 times as large. The first two have one centre and one anchor; the third is
// 0.8 pixels wide there.
std::string boxes() {
  return object("dog", 10, 10, 30, 30) + object("dog", 10, 10.5, 30, 29.5) + object("cat", 2, 2, 2.2, 30) +
         object("cat", 50, 20, 100, 50) + object("cat", 1, 1, 5, 4) + object("cat", 20, 20, 26, 27) +
         object("cat", 40, 20, 48, 35) + object("cat", 0, 0, 90, 50);
}

TEST(Check, PrintsDataTargetsAndAnchors) {
  const VocFolder folder;
  folder.add("a", boxes());
  const std::string text = printed({.data = {.data = folder.root}, .network = with_anchors("standard")});
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
            "  3 at the scale of 26 x 26 cells\n"
            "  1 left out: a pixel or less in the input\n"
            "  1 overwritten by another box of the same cell and anchor\n"
            "Anchors: 10,14, 23,27, 37,58, 81,82, 135,169, 344,319\n"
            "  mean overlap of a training box with its best anchor: 0.757\n"
            "Anchors of these boxes (k-means, seed 0): 16.6,12.5, 25,29.1, 33.3,62.4, 83.2,83.2, 208,124.8, 374.4,208\n"
            "  mean overlap of a training box with its best anchor: 0.993\n");
}

TEST(Check, FitsAnchorsAsTrainingDoesWhereNoneAreNamed) {
  const VocFolder folder;
  folder.add("a", boxes());
  EXPECT_THAT(printed({.data = {.data = folder.root}}),
              EndsWith("  4 at the scale of 13 x 13 cells\n"
                       "  3 at the scale of 26 x 26 cells\n"
                       "  1 left out: a pixel or less in the input\n"
                       "  1 overwritten by another box of the same cell and anchor\n"
                       "Anchors of these boxes (k-means, seed 0): "
                       "16.6,12.5, 25,29.1, 33.3,62.4, 83.2,83.2, 208,124.8, 374.4,208\n"
                       "  mean overlap of a training box with its best anchor: 0.993\n"));
}

TEST(Check, ScalesStandardAnchorsWithTheInput) {
  const VocFolder folder;
  folder.add("a", object("dog", 10, 10, 30, 30) + object("cat", 0, 0, 90, 50));
  const std::string fit = "\n  mean overlap of a training box with its best anchor: 0.788\n";  // of 83.2 x 83.2 and 374.4 x 208
  EXPECT_THAT(printed({.data = {.data = folder.root}, .network = with_anchors("standard")}),
              HasSubstr("Anchors: 10,14, 23,27, 37,58, 81,82, 135,169, 344,319" + fit));
  EXPECT_THAT(printed({.data = {.data = folder.root}, .network = with_anchors("standard", 832)}),
              AllOf(HasSubstr("  2 at the scale of 26 x 26 cells\n  0 at the scale of 52 x 52 cells\n"),
                    HasSubstr("Anchors: 20,28, 46,54, 74,116, 162,164, 270,338, 688,638" + fit)));
}

TEST(Check, HasTheThreeScalesOfYolov3) {
  EXPECT_THAT(printed({.data = {.data = "shapes"}, .network = {.model = "yolov3", .anchors = "standard"}}),
              AllOf(HasSubstr(" at the scale of 13 x 13 cells\n"), HasSubstr(" at the scale of 26 x 26 cells\n"),
                    HasSubstr(" at the scale of 52 x 52 cells\n")));
}

TEST(Check, GoesOnWhereTheBoxesAreTooFewForAnchorsOfTheirOwn) {
  const VocFolder folder;
  folder.add("a", object("dog", 10, 10, 30, 30));
  EXPECT_THAT(printed({.data = {.data = folder.root}, .network = with_anchors("standard")}),
              EndsWith("Anchors of these boxes (k-means, seed 0): none, the boxes have 1 different sizes, too few for 6 anchors; "
                       "take the standard ones\n"));
}

TEST(Check, LooksAtDrawnShapes) {
  EXPECT_THAT(printed({.data = {.data = "shapes"}}),
              AllOf(HasSubstr("circle  square  triangle"), HasSubstr("\nvalidation: "), HasSubstr("\ntest: ")));
}

TEST(Check, TakesAnchorsOfTheUserAndWarnsOfTheirOrder) {
  const VocFolder folder;
  folder.add("a", boxes());
  EXPECT_THAT(printed({.data = {.data = folder.root}, .network = with_anchors("20,20 10,10 30,30 40,40 50,50 60,60")}),
              AllOf(HasSubstr("Anchors: 20,20, 10,10, 30,30, "), HasSubstr("warning: they are not sorted by area")));
}

TEST(Check, ReadsClassNamesFromAFile) {
  const VocFolder folder;
  folder.add("a", boxes());
  folder.write("names", "dog\r\n\r\nhorse\ncat\n");
  const std::string names = folder.file("names");
  EXPECT_THAT(printed({.data = {.data = folder.root, .names = names}}), HasSubstr("dog   horse     cat\n"));
  folder.write("names", "dog\n");
  EXPECT_THROW(printed({.data = {.data = folder.root, .names = names}}), Error);
  folder.write("names", "\n");
  expect_error(ErrorKind::model, in_quotes(names) + " has no class name; write one a line",
               [&] { printed({.data = {.data = folder.root, .names = names}}); });
  expect_error(ErrorKind::usage, "the data set 'shapes' has class names of its own; leave them out", [&] {
    folder.write("names", "dog");
    printed({.data = {.data = "shapes", .names = names}});
  });
}

TEST(Check, RefusesFlagsBeforeTheDataIsRead) {
  expect_error(ErrorKind::usage, "no DATA was given; name a Pascal VOC folder, or use --data shapes", [] { printed({}); });
  expect_error(ErrorKind::usage, "anchors \"1,2\": 1 anchors, expected 6; write \"width,height, width,height, ...\"",
               [] { printed({.data = {.data = "missing"}, .network = with_anchors("1,2")}); });
}

TEST(Check, DecodesEveryPicture) {
  const VocFolder folder;
  folder.add("a", boxes());
  const auto picture = folder.file("JPEGImages/a.png");
  std::filesystem::resize_file(picture, std::filesystem::file_size(picture) - 20);
  expect_error(ErrorKind::model, in_quotes(picture.native()) + " is a damaged picture (the file ends early); replace the file",
               [&] { printed({.data = {.data = folder.root}}); });
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
  for (const char* wrong : {"--size 10", "--size 400", "--model yolo", "--data folder"}) {
    EXPECT_THROW(cli.parse(std::string("check shapes ") + wrong), CLI::ValidationError) << wrong;
  }
}

}  // namespace
}  // namespace lamina::yolov3
