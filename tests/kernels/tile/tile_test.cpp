// SPDX-License-Identifier: Apache-2.0
// What the cases of the op cannot say: symbols, errors, repeat_axis, and gradients of any rank.
#include "kernels/tile/tile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/compile/build_gradients.h"
#include "core/graph/pointwise.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Value x_of(const Shape& shape) { return input_value("x", DType::f32, shape); }

std::string message_of(std::vector<int64_t> repeats) {
  try {
    tile(x_of({2, 3}), std::move(repeats));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Tile, MultipliesSymbols) {
  const Dim n = Dim::symbol("n");
  EXPECT_EQ(tile(x_of({n, 3}), {2, 4}).shape(), (Shape{Dim(2) * n, 12}));
}

TEST(Tile, OnceIsTheValueItself) {
  const Value x = x_of({Dim::symbol("n"), 3});
  EXPECT_TRUE(tile(x, {1, 1}).same_as(x));
}

TEST(Tile, NamesWhatItCannotDo) {
  const NameScope scope("net");
  EXPECT_THAT(message_of({2}),
              HasSubstr("[tile] node \"net/tile\": takes one number of repeats for each of the 2 axes"));
  EXPECT_THAT(message_of({1, -1}), HasSubstr("axis 1 cannot be repeated -1 times"));
}

TEST(Tile, GradientSumsTheRepeats) {
  const Value x = x_of({Dim::symbol("n"), 2});
  const Value y = tile(x, {2, 3});
  const Value dx = build_gradients(std::vector<Value>{y * y}, std::vector<Value>{Value()}, std::vector<Value>{x})[0];
  const Feed feed = {{"x", HostTensor::of<float>({2, 2}, {1, 2, 3, 4})}};
  for (const DeviceKind kind : testing::available_devices()) {
    const std::vector<HostTensor> results =
        testing::run_values(std::vector<Value>{y, dx}, feed, testing::plan_options(kind));
    EXPECT_THAT(results[0].as<float>(),
                ElementsAre(1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4, 1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4));
    EXPECT_THAT(results[1].as<float>(), ElementsAre(12, 24, 36, 48)) << name_of(kind);
  }
}

TEST(Tile, GradientOfTheLargestRankStaysWithinIt) {
  const Value x = x_of(Shape(Extents{1, 2, 1, 2, 1, 1, 2, 1}));
  const Value y = tile(x, {2, 2, 2, 2, 2, 2, 2, 2});
  const Value dx = build_gradients(std::vector<Value>{y}, std::vector<Value>{Value()}, std::vector<Value>{x})[0];
  const Feed feed = {{"x", HostTensor(DType::f32, {1, 2, 1, 2, 1, 1, 2, 1})}};
  const HostTensor result =
      testing::run_values(std::vector<Value>{dx}, feed, testing::plan_options(DeviceKind::cpu))[0];
  EXPECT_THAT(result.as<float>(), Each(256));
}

TEST(RepeatAxis, IsABroadcastOverANewAxis) {
  const Value x = x_of({Dim::symbol("n"), 2});
  const Value y = repeat_axis(x, 1, 3);
  EXPECT_EQ(y.shape(), (Shape{Dim::symbol("n"), 3, 2}));
  EXPECT_EQ(repeat_axis(x, -1, Dim::symbol("t")).shape(), (Shape{Dim::symbol("n"), 2, Dim::symbol("t")}));
  const Value dx = build_gradients(std::vector<Value>{y}, std::vector<Value>{Value()}, std::vector<Value>{x})[0];
  const Feed feed = {{"x", HostTensor::of<float>({2, 2}, {1, 2, 3, 4})}};
  for (const DeviceKind kind : testing::available_devices()) {
    const std::vector<HostTensor> results =
        testing::run_values(std::vector<Value>{y, dx}, feed, testing::plan_options(kind));
    EXPECT_THAT(results[0].as<float>(), ElementsAre(1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4)) << name_of(kind);
    EXPECT_THAT(results[1].as<float>(), Each(3)) << name_of(kind);
  }
}

}  // namespace
}  // namespace lamina
