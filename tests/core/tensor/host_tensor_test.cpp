// SPDX-License-Identifier: Apache-2.0
// HostTensor as users hold it: elements by their indices, and how it prints.
#include "core/tensor/host_tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>

namespace lamina {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

HostTensor counted(const Extents& extents) {
  std::vector<float> values(static_cast<size_t>(extents.count()));
  std::iota(values.begin(), values.end(), 0.0f);
  return HostTensor::of<float>(extents, values);
}

TEST(HostTensorAt, TakesOneIndexPerAxis) {
  const HostTensor tensor = counted({2, 3, 4});
  EXPECT_EQ(tensor.at({0, 0, 0}), 0);
  EXPECT_EQ(tensor.at({1, 2, 3}), 23);
  EXPECT_EQ(tensor.at({1, 0, 2}), tensor.at(14));
  EXPECT_EQ(HostTensor::scalar(7).at({}), 7);
}

TEST(HostTensorAt, NamesTheAxisOfAnIndexThatIsOutside) {
  const HostTensor tensor = counted({2, 3});
  EXPECT_THAT([&] { tensor.at({0, 3}); }, ThrowsMessage<Error>("element (0, 3) of a tensor of shape (2, 3): index 3 is outside of axis 1"));
  EXPECT_THAT([&] { tensor.at({-1, 0}); }, ThrowsMessage<Error>(HasSubstr("index -1 is outside of axis 0")));
  EXPECT_THAT([&] { tensor.at({0}); }, ThrowsMessage<Error>("element (0) of a tensor of shape (2, 3): it takes 2 indices, got 1"));
  EXPECT_THAT([&] { tensor.at(6); }, ThrowsMessage<Error>("element 6 of a tensor of 6"));
}

TEST(HostTensorPrint, ShowsTypeShapeAndValues) {
  EXPECT_EQ(text(HostTensor::of<float>({3}, {1, 2.5, -3})), "f32 (3,) [  1, 2.5,  -3]");
  EXPECT_EQ(text(HostTensor::of<int32_t>({2}, {2147483647, 0})), "i32 (2,) [2147483647,          0]");
  EXPECT_EQ(text(HostTensor::of<float>({1, 2}, {0, 1}).cast(DType::boolean)), "bool (1, 2)\n[[false,  true]]");
  EXPECT_EQ(text(HostTensor::scalar(0.5f)), "f32 () 0.5");
  EXPECT_EQ(text(HostTensor::of<float>({2}, {std::numeric_limits<float>::infinity(), -0.0f})), "f32 (2,) [inf,  -0]");
}

TEST(HostTensorPrint, PutsRowsOnLinesOfTheirOwn) {
  EXPECT_EQ(text(counted({2, 3})), "f32 (2, 3)\n[[0, 1, 2],\n [3, 4, 5]]");
  EXPECT_EQ(text(counted({2, 1, 2})), "f32 (2, 1, 2)\n[[[0, 1]],\n [[2, 3]]]");
}

TEST(HostTensorPrint, LeavesOutTheMiddleOfALongTensor) {
  EXPECT_EQ(text(counted({1000})), "f32 (1000,) [  0,   1,   2, ..., 997, 998, 999]");
  EXPECT_EQ(text(counted({100, 2})).find("..."), std::string::npos);
  EXPECT_EQ(text(counted({101, 2})),
            "f32 (101, 2)\n[[  0,   1],\n [  2,   3],\n [  4,   5],\n ...,\n [196, 197],\n [198, 199],\n [200, 201]]");
}

TEST(HostTensorPrint, ShowsThatThereIsNothing) {
  EXPECT_EQ(text(HostTensor()), "f32 (0,) []");
  EXPECT_EQ(text(HostTensor(DType::i32, {2, 0})), "i32 (2, 0)\n[]");
}

}  // namespace
}  // namespace lamina
