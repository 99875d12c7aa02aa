// SPDX-License-Identifier: Apache-2.0
// A public data set in the form of Pascal VOC, BCCD (blood cells), where LAMINA_BCCD or a folder beside the sources has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "apps/yolov3/data/voc.h"

namespace lamina::yolov3 {
namespace {

using ::testing::ElementsAre;

std::filesystem::path bccd() {
  if (const char* given = std::getenv("LAMINA_BCCD")) return given;
  return std::filesystem::path(LAMINA_SOURCE_DIR) / ".." / "shared" / "data" / "bccd";
}

TEST(Bccd, HasItsPicturesBoxesAndOfficialSplits) {
  if (!std::filesystem::exists(bccd() / "Annotations")) GTEST_SKIP() << "no BCCD; LAMINA_BCCD=FOLDER tells where it is";
  const DetectionData data = read_voc(bccd());
  EXPECT_THAT(data.class_names, ElementsAre("Platelets", "RBC", "WBC"));
  EXPECT_EQ(data.train->count(), 205);
  EXPECT_EQ(data.validation->count(), 87);
  EXPECT_EQ(data.test->count(), 72);
  int64_t boxes = 0;
  for (const auto& pictures : {data.train, data.validation, data.test}) {
    for (const int64_t count : boxes_per_class(*pictures, 3)) boxes += count;
  }
  EXPECT_EQ(boxes + std::ssize(data.report.skipped) + data.report.duplicates, 4888);
  EXPECT_EQ(data.report.skipped.size(), 2u);
  EXPECT_EQ(data.report.duplicates, 0);
  EXPECT_THAT(data.report.warnings, ElementsAre());
  EXPECT_EQ(data.train->read(0).width, 640);
}

}  // namespace
}  // namespace lamina::yolov3
