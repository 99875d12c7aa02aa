// SPDX-License-Identifier: Apache-2.0
// What the cases of the op cannot say: the shapes and errors of the builder, and symbolic shapes.
#include "kernels/transpose/transpose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/compile/build_gradients.h"
#include "core/graph/reshape.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

Value x_of(const Shape& shape, DType dtype = DType::f32) { return input_value("x", dtype, shape); }

TEST(Transpose, PermutesSymbolsAsWellAsNumbers) {
  const Value y = transpose(x_of({Dim::symbol("batch"), Dim::symbol("t"), 3}), {1, 2, 0});
  EXPECT_EQ(y.shape(), (Shape{Dim::symbol("t"), 3, Dim::symbol("batch")}));
}

TEST(Transpose, CountsNegativeAxesFromTheEnd) {
  EXPECT_EQ(transpose(x_of({2, 3, 4}), {-1, 0, -2}).shape(), (Shape{4, 2, 3}));
}

TEST(Transpose, IsNoNodeWhereNothingMoves) {
  const Value x = x_of({2, 1, 3, 1});
  EXPECT_TRUE(transpose(x, {0, 1, 2, 3}).same_as(x));
  const Value moved = transpose(x, {1, 0, 3, 2});
  EXPECT_EQ(moved.node()->op, &reshape_op());
  EXPECT_EQ(moved.shape(), (Shape{1, 2, 1, 3}));
}

TEST(Transpose, RefusesWhatIsNoPermutation) {
  const NameScope scope("net");
  const auto message = [](std::vector<int> permutation) {
    try {
      transpose(x_of({2, 3}), std::move(permutation));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(message({0, 0}), ::testing::HasSubstr("[transpose] node \"net/transpose\": the permutation (0, 0)"));
  EXPECT_THAT(message({0}), ::testing::HasSubstr("each of the 2 axes of (2, 3)"));
  EXPECT_THAT(message({0, 2}), ::testing::HasSubstr("axis 2 of a tensor with 2 axes"));
}

TEST(Transpose, RunsWithSymbolsOnEveryDevice) {
  const Value x = x_of({Dim::symbol("batch"), 3}, DType::i32);
  const std::vector<Value> values = {transpose(x, {1, 0})};
  const Feed feed = {{"x", HostTensor::of<int32_t>({2, 3}, {1, 2, 3, 4, 5, 6})}};
  for (const DeviceKind kind : testing::available_devices()) {
    const HostTensor y = testing::run_values(values, feed, testing::plan_options(kind))[0];
    EXPECT_EQ(y.extents(), (Extents{3, 2}));
    EXPECT_THAT(y.as<int32_t>(), ::testing::ElementsAre(1, 4, 2, 5, 3, 6)) << name_of(kind);
  }
}

TEST(Transpose, GradientIsTheInversePermutation) {
  const Value x = x_of({Dim::symbol("a"), 2, Dim::symbol("c")});
  const Value y = transpose(x, {2, 0, 1});
  const Value dx = build_gradients(std::vector<Value>{y}, std::vector<Value>{Value()}, std::vector<Value>{x})[0];
  EXPECT_EQ(dx.node()->op, &transpose_op());
  EXPECT_EQ(dx.node()->attributes.get<TransposeAttributes>().permutation, (std::vector<int>{1, 2, 0}));
  EXPECT_EQ(dx.shape(), x.shape());
}

}  // namespace
}  // namespace lamina
