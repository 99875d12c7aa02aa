// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/box_overlap.h"

#include <gtest/gtest.h>

namespace lamina::yolov3 {
namespace {

TEST(BoxOverlap, IsSharedOverCoveredArea) {
  EXPECT_DOUBLE_EQ(overlap({0, 0, 2, 2}, {1, 1, 3, 3}), 1.0 / 7.0);
  EXPECT_DOUBLE_EQ(overlap({0, 0, 2, 2}, {0, 0, 2, 2}), 1.0);
}

TEST(BoxOverlap, IsZeroWhereNothingIsShared) {
  EXPECT_EQ(overlap({0, 0, 1, 1}, {1, 0, 2, 1}), 0.0);
  EXPECT_EQ(overlap({0, 0, 0, 0}, {0, 0, 0, 0}), 0.0);
}

}  // namespace
}  // namespace lamina::yolov3
