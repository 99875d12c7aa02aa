// SPDX-License-Identifier: Apache-2.0
// Folders of Pascal VOC: what is read, what is left out and counted, what is refused and with which words.
#include "apps/yolov3/data/voc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "core/io/untrusted_text.h"
#include "tests/apps/yolov3/data/voc_folder.h"
#include "tests/testing/expect_error.h"

namespace lamina::yolov3 {
namespace {

using lamina::testing::expect_error;
using lamina::testing::ScratchFolder;
using ::testing::AllOf;
using testing::annotation;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::noise;
using testing::object;
using lamina::testing::refusal;
using testing::VocFolder;

std::vector<std::string> stems(const PictureSource& pictures) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < pictures.count(); ++i) names.push_back(std::filesystem::path(pictures.name(i)).stem());
  return names;
}

TEST(ReadVoc, TakesBoxesAsTheyAre) {
  const VocFolder folder;
  folder.add("a", object("dog", 1, 2, 30, 40) + object("cat", 5.5, 6, 100, 50));
  const DetectionData data = read_voc(folder.root);
  EXPECT_THAT(data.class_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(data.train->boxes(0), ElementsAre(Box{1, 2, 30, 40, 1}, Box{5.5, 6, 100, 50, 0}));
  EXPECT_EQ(data.train->size(0), (PictureSize{100, 50}));
  EXPECT_EQ(data.train->read(0).rgb, noise(100, 50).rgb);
}

TEST(ReadVoc, KeepsGivenClassNamesInTheirOrder) {
  const VocFolder folder;
  folder.add("a", object("dog", 1, 2, 30, 40));
  const DetectionData data = read_voc(folder.root, {.class_names = {"horse", "dog", "cat"}});
  EXPECT_EQ(data.train->boxes(0)[0].label, 1);
  EXPECT_EQ(data.class_names.size(), 3u);
}

TEST(ReadVoc, AcceptsFloatsBlanksCrlfAndDifficultObjects) {
  const VocFolder folder;
  folder.add("a", "");
  folder.write(
      "Annotations/a.xml",
      "\xEF\xBB\xBF<?xml version=\"1.0\"?>\r\n<annotation>\r\n<size><width> 100 </width><height>50</height></size>\r\n"
      "<object>\r\n<name>\r\n dog \r\n</name><difficult>1</difficult><bndbox><ymin> 2.25</ymin>\r\n<xmin>\t1e0 </xmin>"
      "<ymax>40</ymax><xmax>30.5</xmax></bndbox>\r\n<part><name>head</name><bndbox><xmin>x</xmin></bndbox></part></object>\r\n"
      "</annotation>\r\n");
  const DetectionData data = read_voc(folder.root);
  EXPECT_THAT(data.train->boxes(0), ElementsAre(Box{1, 2.25, 30.5, 40, 0, true}));
}

TEST(ReadVoc, LeavesOutAndListsBoxesWithoutArea) {
  const VocFolder folder;
  folder.add("a", object("dog", 5, 5, 5, 9) + object("dog", 1, 2, 30, 40));
  const DetectionData data = read_voc(folder.root);
  EXPECT_EQ(data.train->boxes(0).size(), 1u);
  EXPECT_THAT(data.report.skipped,
              ElementsAre(text(folder.file("Annotations/a.xml").native(), ":2: the box x 5 to 5, y 5 to 9 has no area (\"dog\")")));
}

TEST(ReadVoc, CutsBoxesThatReachLittleBeyondThePicture) {
  const VocFolder folder;
  folder.add("a", object("dog", -1.9, 2, 30, 50.9) + object("dog", 50, 2, 101.9, 40));
  const DetectionData data = read_voc(folder.root);
  EXPECT_THAT(data.train->boxes(0), ElementsAre(Box{0, 2, 30, 50}, Box{50, 2, 100, 40}));
  EXPECT_EQ(data.report.clipped, 2);
}

TEST(ReadVoc, RefusesBoxesFarBeyondThePicture) {
  const VocFolder folder;
  folder.add("a", object("dog", 50, 2, 102, 40));
  expect_error(
      ErrorKind::model,
      text(folder.file("Annotations/a.xml").native(), ":2: the box x 50 to 102, y 2 to 40 lies beyond its picture of 100 x 50 ",
           "pixels; correct it or remove the object"),
      [&] { read_voc(folder.root); });
}

TEST(ReadVoc, CountsABoxOnceThatIsThereTwice) {
  const VocFolder folder;
  folder.add("a", object("dog", 1, 2, 30, 40) + object("dog", 1, 2, 30, 40) + object("cat", 1, 2, 30, 40));
  const DetectionData data = read_voc(folder.root);
  EXPECT_EQ(data.train->boxes(0).size(), 2u);
  EXPECT_EQ(data.report.duplicates, 1);
}

TEST(ReadVoc, SplitsByTheLists) {
  const VocFolder folder;
  for (const char* name : {"a", "b c", "d", "e", "f"}) folder.add(name, object("dog", 1, 2, 30, 40));
  folder.write("ImageSets/Main/train.txt",
               "\xEF\xBB\xBF"
               "d\r\n\r\n  b c\t\r\n");
  folder.write("ImageSets/Main/val.txt", "a");
  folder.write("ImageSets/Main/test.txt", "e\na\n");
  const DetectionData data = read_voc(folder.root);
  EXPECT_THAT(stems(*data.train), ElementsAre("d", "b c"));
  EXPECT_THAT(stems(*data.validation), ElementsAre("a"));
  EXPECT_THAT(stems(*data.test), ElementsAre("e", "a"));
  EXPECT_THAT(data.report.warnings,
              ElementsAre("pictures both for validation and for test: 1", "annotations in no list of ImageSets/Main: 1"));
}

TEST(ReadVoc, TrainsOnTrainvalWithoutWhatIsForValidation) {
  const VocFolder folder;
  for (const char* name : {"a", "b", "c"}) folder.add(name, object("dog", 1, 2, 30, 40));
  folder.write("ImageSets/Main/trainval.txt", "a\nb\nc\nc\n");
  folder.write("ImageSets/Main/val.txt", "b\n");
  const DetectionData data = read_voc(folder.root);
  EXPECT_THAT(stems(*data.train), ElementsAre("a", "c"));
  EXPECT_THAT(data.report.warnings, ElementsAre(text("lines of ", in_quotes(folder.file("ImageSets/Main/trainval.txt").native()),
                                                     " that repeat a picture: 1")));
}

TEST(ReadVoc, DrawsValidationPicturesWhereThereAreNoLists) {
  const VocFolder folder;
  for (int i = 0; i < 21; ++i) folder.add(text("p", i), object("dog", 1, 2, 30, 40));
  const DetectionData data = read_voc(folder.root, {.seed = 7}), again = read_voc(folder.root, {.seed = 7});
  EXPECT_EQ(data.train->count(), 19);
  EXPECT_EQ(data.validation->count(), 2);
  EXPECT_EQ(stems(*data.validation), stems(*again.validation));
  std::set<std::string> all;
  for (const auto& pictures : {data.train, data.validation}) {
    for (const std::string& name : stems(*pictures)) all.insert(name);
  }
  EXPECT_EQ(all.size(), 21u);
  EXPECT_THAT(data.report.warnings,
              ElementsAre("no lists in ImageSets/Main: 2 of 21 pictures, drawn by seed 7, are for validation"));
  std::set<std::vector<std::string>> draws;
  for (uint64_t seed = 0; seed < 5; ++seed) draws.insert(stems(*read_voc(folder.root, {.seed = seed}).validation));
  EXPECT_GT(draws.size(), 1u);
}

TEST(ReadVoc, ReadsOneFolderWithAnnotationsBesidePictures) {
  const ScratchFolder folder;
  for (int i = 0; i < 3; ++i) {
    write_png(folder / text("a", i, ".png"), noise(100, 50));
    std::ofstream(folder / text("a", i, ".xml")) << annotation(object("dog", 1, 2, 30, 40));
  }
  const DetectionData data = read_voc(folder.path());
  EXPECT_THAT(stems(*data.train), ElementsAre("a0", "a1", "a2"));
  EXPECT_THAT(data.report.warnings, ElementsAre(HasSubstr("0 of 3 pictures"), "there are no pictures for validation"));
}

TEST(ReadVoc, FindsThePictureThatTheAnnotationNames) {
  const VocFolder folder;
  folder.add("a", "");
  folder.write("Annotations/b.xml", annotation("<filename>C:\\pictures\\a.png</filename>" + object("dog", 1, 2, 30, 40)));
  EXPECT_EQ(read_voc(folder.root).train->name(1), folder.file("JPEGImages/a.png").native());
}

TEST(ReadVoc, NeverLooksForAPictureOutsideOfItsFolder) {
  const VocFolder folder;
  write_png(folder.file("secret.png"), noise(100, 50));
  folder.write("Annotations/b.xml", annotation("<filename>../secret.png</filename>" + object("dog", 1, 2, 30, 40)));
  EXPECT_THAT(refusal([&] { read_voc(folder.root); }), HasSubstr("has no picture"));
}

TEST(ReadVoc, RefusesAMissingPicture) {
  const VocFolder folder;
  folder.write("Annotations/a.xml", annotation(object("dog", 1, 2, 30, 40)));
  expect_error(ErrorKind::model,
               text(in_quotes(folder.file("Annotations/a.xml").native()),
                    " has no picture: ", in_quotes(folder.file("JPEGImages").native()), " holds no \"a.jpg\" (nor .jpeg or .png)"),
               [&] { read_voc(folder.root); });
}

TEST(ReadVoc, RefusesAPictureOfAnotherSize) {
  const VocFolder folder;
  folder.add("a", "<size><width>50</width><height>100</height></size>" + object("dog", 1, 2, 30, 40));
  expect_error(ErrorKind::model,
               text(in_quotes(folder.file("Annotations/a.xml").native()), " is for a picture of 50 x 100 pixels, ",
                    in_quotes(folder.file("JPEGImages/a.png").native()),
                    " has 100 x 50 as it stands upright; the boxes would lie elsewhere"),
               [&] { read_voc(folder.root); });
}

TEST(ReadVoc, TakesASizeOfZeroAsUnknown) {
  const VocFolder folder;
  folder.add("a", "<size><width>0</width><height>0</height></size>" + object("dog", 1, 2, 30, 40));
  EXPECT_EQ(read_voc(folder.root).train->size(0), (PictureSize{100, 50}));
}

TEST(ReadVoc, RefusesAClassThatIsNotGiven) {
  const VocFolder folder;
  folder.add("a", object("dgo", 1, 2, 30, 40));
  expect_error(ErrorKind::model,
               text(folder.file("Annotations/a.xml").native(),
                    ":2: the class \"dgo\" is none of the 2 given (did you mean 'dog'?); add it to them or remove the object"),
               [&] {
                 read_voc(folder.root, {.class_names = {"cat", "dog"}});
               });
}

TEST(ReadVoc, RefusesBrokenAnnotationsWithLineAndValue) {
  const VocFolder folder;
  folder.add("a", "");
  const std::string file = folder.file("Annotations/a.xml").native();
  const auto refused = [&](const std::string& content, const std::string& expected) {
    folder.write("Annotations/a.xml", content);
    expect_error(ErrorKind::model, file + expected, [&] { read_voc(folder.root); });
  };
  const auto with_xmin = [](const std::string& value) {
    return annotation("<object><name>dog</name>\n<bndbox><xmin>" + value +
                      "</xmin><ymin>2</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object>");
  };
  refused(with_xmin("nan"), ":3: <xmin> is \"nan\", expected a number of pixels");
  refused(with_xmin("inf"), ":3: <xmin> is \"inf\", expected a number of pixels");
  refused(with_xmin("1e999"), ":3: <xmin> is \"1e999\", expected a number of pixels");
  refused(with_xmin("12px"), ":3: <xmin> is \"12px\", expected a number of pixels");
  refused(with_xmin("1,5"), ":3: <xmin> is \"1,5\", expected a number of pixels");
  refused(with_xmin(""), ":3: <xmin> is \"\", expected a number of pixels");
  refused(with_xmin("31"), ":2: the box x 31 to 30, y 2 to 40 has its maximum before its minimum; exchange them");
  refused(annotation("<object><bndbox/></object>"), ":2: <object> has no <name>");
  refused(annotation("<object><name> </name></object>"), ":2: <name> is empty, expected a class");
  refused(annotation("<object><name>dog</name></object>"), ":2: <object> has no <bndbox>");
  refused(annotation("<object><name>dog</name><bndbox><xmin>1</xmin></bndbox></object>"), ":2: <bndbox> has no <ymin>");
  refused(annotation("<size><width>-1</width></size>"), ":2: <width> is -1, expected a whole number of pixels");
  refused("<annotations></annotations>", ":1: the root is <annotations>, Pascal VOC has <annotation> there");
  refused("<annotation>\n<object>", ":2: broken XML (XML_ERROR_MISMATCHED_ELEMENT); write the annotation anew");
  refused("", ":0: broken XML (XML_ERROR_EMPTY_DOCUMENT); write the annotation anew");
}

TEST(ReadVoc, RefusesDeepAndSelfReferringXml) {
  const VocFolder folder;
  folder.add("a", "");
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "<a>";
  folder.write("Annotations/a.xml", deep);
  EXPECT_THAT(refusal([&] { read_voc(folder.root); }), HasSubstr("broken XML (XML_ELEMENT_DEPTH_EXCEEDED)"));
  folder.write("Annotations/a.xml",
               "<!DOCTYPE annotation [<!ENTITY a \"dog\"><!ENTITY b \"&a;&a;\">]>" + annotation(object("&b;", 1, 2, 30, 40)));
  EXPECT_THAT(refusal([&] { read_voc(folder.root, {.class_names = {"dog", "dogdog"}}); }),
              HasSubstr("the class \"&b;\" is none of"));
}

TEST(ReadVoc, ListsTheFirstTenOfManyBadAnnotations) {
  const VocFolder folder;
  for (int i = 10; i < 22; ++i) folder.add(text("p", i), object("dog", 9, 2, 3, 40));
  const std::string message = refusal([&] { read_voc(folder.root); });
  EXPECT_THAT(message,
              AllOf(HasSubstr(text("3: 12 annotations of ", in_quotes(folder.root.native()), " cannot be used; the first ten:\n")),
                    HasSubstr("p10.xml:2: "), HasSubstr("p19.xml:2: ")));
  EXPECT_THAT(message, ::testing::Not(HasSubstr("p20.xml")));
}

TEST(ReadVoc, RefusesAListThatDoesNotFit) {
  const VocFolder folder;
  folder.add("picture1", object("dog", 1, 2, 30, 40));
  const std::string list = folder.file("ImageSets/Main/train.txt").native();
  folder.write("ImageSets/Main/train.txt", "\npicture2\n");
  expect_error(ErrorKind::model, list + ":2: there is no annotation \"picture2.xml\" (did you mean 'picture1'?)",
               [&] { read_voc(folder.root); });
  folder.write("ImageSets/Main/train.txt", "\n");
  expect_error(ErrorKind::model, in_quotes(list) + " names no picture; remove the file or fill it", [&] { read_voc(folder.root); });
  const std::string endless(5000, 'x');
  folder.write("ImageSets/Main/train.txt", endless);
  expect_error(ErrorKind::model, list + ":1: " + in_quotes(endless) + " is no line of text of at most 4096 bytes in UTF-8",
               [&] { read_voc(folder.root); });
  std::filesystem::rename(list, folder.file("ImageSets/Main/val.txt"));
  folder.write("ImageSets/Main/val.txt", "picture1");
  expect_error(ErrorKind::model, in_quotes(folder.file("ImageSets/Main").native()) + " has neither train.txt nor trainval.txt",
               [&] { read_voc(folder.root); });
  folder.write("ImageSets/Main/trainval.txt", "picture1");
  expect_error(ErrorKind::model, in_quotes(folder.root.native()) + " has no picture for training", [&] { read_voc(folder.root); });
}

TEST(ReadVoc, RefusesFoldersThatAreNone) {
  const ScratchFolder folder;
  const std::string name = in_quotes(folder.path().native());
  EXPECT_THAT(refusal([&] { read_voc(folder / "missing"); }), AllOf(HasSubstr("5: cannot open"), HasSubstr("missing")));
  std::ofstream(folder / "file") << "x";
  expect_error(ErrorKind::model, in_quotes((folder / "file").native()) + " is no folder; give the folder of a data set",
               [&] { read_voc(folder / "file"); });
  expect_error(ErrorKind::model,
               name +
                   " has neither a folder Annotations nor .xml files; give a folder of Pascal VOC, or one with .xml files beside "
                   "their pictures",
               [&] { read_voc(folder.path()); });
  std::filesystem::create_directories(folder / "VOC2012" / "Annotations");
  expect_error(ErrorKind::model,
               text(name, " has neither a folder Annotations nor .xml files; ", in_quotes((folder / "VOC2012").native()),
                    " has Annotations: give that folder"),
               [&] { read_voc(folder.path()); });
  expect_error(ErrorKind::model, in_quotes((folder / "VOC2012" / "Annotations").native()) + " has no .xml file",
               [&] { read_voc(folder / "VOC2012"); });
  std::ofstream(folder / "VOC2012" / "Annotations" / "a.xml") << annotation("");
  expect_error(ErrorKind::model, in_quotes((folder / "VOC2012").native()) + " has Annotations, but no folder JPEGImages beside it",
               [&] { read_voc(folder / "VOC2012"); });
  std::filesystem::create_directories(folder / "VOC2012" / "JPEGImages");
  expect_error(ErrorKind::model, text("no annotation of ", in_quotes((folder / "VOC2012").native()), " has an object"),
               [&] { read_voc(folder / "VOC2012"); });
}

TEST(ReadVoc, RefusesOptionsThatAreNone) {
  expect_error(ErrorKind::usage, "the class name \"a\" is there twice", [] { read_voc("x", {.class_names = {"a", "a"}}); });
  expect_error(ErrorKind::usage, "a class name is empty", [] { read_voc("x", {.class_names = {""}}); });
  expect_error(ErrorKind::usage, "the validation share is 1, expected 0 or more and less than 1",
               [] { read_voc("x", {.validation_share = 1}); });
}

TEST(DetectionData, PrintsSplitsClassesAndWhatWasLeftOut) {
  const VocFolder folder;
  folder.add("a", object("dog", 1, 2, 30, 40) + object("cat", 1, 2, 30, 50.5) + object("dog", 3, 3, 3, 3));
  folder.add("b", "");
  folder.write("ImageSets/Main/train.txt", "a\nb");
  folder.write("ImageSets/Main/val.txt", "a");
  std::ostringstream out;
  read_voc(folder.root).print(out);
  EXPECT_EQ(out.str(), text("split         pictures  without boxes   boxes     cat     dog\n"
                            "train                2              1       2       1       1\n"
                            "validation           1              0       2       1       1\n"
                            "test                 0              0       0       0       0\n"
                            "Boxes cut at the edge of their picture: 1\n"
                            "Boxes left out: 1\n  ",
                            folder.file("Annotations/a.xml").native(),
                            ":4: the box x 3 to 3, y 3 to 3 has no area (\"dog\")\n"
                            "Warnings\n  pictures both for training and for validation: 1\n"));
}

}  // namespace
}  // namespace lamina::yolov3
