// SPDX-License-Identifier: Apache-2.0
#include "core/base/shape.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace lamina {
namespace {

const Dim kBatch = Dim::symbol("batch"), kTime = Dim::symbol("time");

TEST(Dim, SumsAndProductsHaveOneForm) {
  EXPECT_EQ(kBatch * kTime + kBatch, kBatch * (kTime + 1));
  EXPECT_EQ((kBatch + 1) * (kBatch - 1), kBatch * kBatch - 1);
  EXPECT_FALSE(kBatch == kTime);
  EXPECT_EQ(kBatch - kBatch, Dim(0));
}

TEST(Dim, DividesExactlyWhereItCan) {
  EXPECT_EQ(kBatch * 6 * kTime / (kTime * 2), kBatch * 3);
  EXPECT_EQ(Dim(7) / Dim(2), Dim(3));
  EXPECT_EQ(Dim(-7) / Dim(2), Dim(-4));
}

TEST(Dim, KeepsAFloorDivisionUntilTheNumbersAreThere) {
  const Dim halved = (kTime + 1) / 2;
  EXPECT_EQ(halved.to_string(), "(time+1)/2");
  EXPECT_EQ(halved, (kTime + 1) / 2);
  EXPECT_EQ(halved.substitute({{"time", 7}}).number(), 4);
  EXPECT_EQ(halved.substitute({{"time", 8}}).number(), 4);
}

TEST(Dim, NamesTheSymbolThatHasNoValue) {
  try {
    kTime.substitute({{"batch", 3}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "dimension 'time' has no value; known are the symbols of the inputs");
  }
}

TEST(Dim, AProductThatWrapsIsAnError) {
  EXPECT_THROW(Dim(int64_t{1} << 40) * Dim(int64_t{1} << 40), Error);
  EXPECT_THROW((Extents{int64_t{1} << 40, int64_t{1} << 40}.count()), Error);
}

TEST(Shape, BroadcastsSymbolsThatAreEqual) {
  EXPECT_EQ(broadcast_shapes(Shape{kBatch, 1, 3}, Shape{5, 1}), (Shape{kBatch, 5, 3}));
  EXPECT_EQ(broadcast_shapes(Shape{}, Shape{kBatch}), Shape{kBatch});
  EXPECT_THROW(broadcast_shapes(Shape{kBatch}, Shape{kTime}), Error);
  EXPECT_THROW(broadcast_shapes(Shape{2}, Shape{3}), Error);
}

}  // namespace
}  // namespace lamina
