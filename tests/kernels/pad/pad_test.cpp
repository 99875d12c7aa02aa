// SPDX-License-Identifier: Apache-2.0
// What the cases of the op cannot say: symbols, errors, gradients through a model, and that insets join and widen.
#include "kernels/pad/pad.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/compile/build_gradients.h"
#include "core/graph/pointwise.h"
#include "kernels/copies/inset.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string message_of(DType dtype, const std::vector<std::pair<int64_t, int64_t>>& amounts, double value) {
  try {
    pad(input_value("x", dtype, {2, 3}), amounts, value);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Pad, AddsToSymbols) {
  const Dim n = Dim::symbol("n");
  EXPECT_EQ(pad(input_value("x", DType::f32, {n, 3}), {{1, 2}, {0, 0}}).shape(), (Shape{n + Dim(3), 3}));
}

TEST(Pad, ByNothingIsTheValueItself) {
  const Value x = input_value("x", DType::f32, {Dim::symbol("n"), 3});
  EXPECT_TRUE(pad(x, {{0, 0}, {0, 0}}, 5).same_as(x));
}

TEST(Pad, NamesWhatItCannotDo) {
  const NameScope scope("net");
  EXPECT_THAT(message_of(DType::f32, {{1, 1}}, 0),
              HasSubstr("[pad] node \"net/pad\": takes one pair of amounts for each of the 2 axes"));
  EXPECT_THAT(message_of(DType::f32, {{0, 0}, {-1, 0}}, 0),
              HasSubstr("the amounts (-1, 0) of axis 1 must not be negative; slice()"));
  EXPECT_THAT(message_of(DType::u8, {{1, 0}, {0, 0}}, 256), HasSubstr("the value 256 is not one of u8"));
  EXPECT_THAT(message_of(DType::i32, {{1, 0}, {0, 0}}, 0.5), HasSubstr("the value 0.5 is not one of i32"));
  EXPECT_THAT(message_of(DType::boolean, {{1, 0}, {0, 0}}, 2), HasSubstr("the value 2 is not one of bool"));
}

TEST(Pad, RunsWithSymbolsAndItsGradientLiesOverTheTensor) {
  const Value x = input_value("x", DType::f32, {Dim::symbol("n"), 2});
  const Value y = square(pad(x, {{1, 0}, {0, 1}}, 7));
  const Value dx = build_gradients(std::vector<Value>{y}, std::vector<Value>{Value()}, std::vector<Value>{x})[0];
  const Feed feed = {{"x", HostTensor::of<float>({2, 2}, {1, 2, 3, 4})}};
  for (const DeviceKind kind : testing::available_devices()) {
    const std::vector<HostTensor> results =
        testing::run_values(std::vector<Value>{y, dx}, feed, testing::plan_options(kind));
    EXPECT_THAT(results[0].as<float>(), ElementsAre(49, 49, 49, 1, 4, 49, 9, 16, 49)) << name_of(kind);
    EXPECT_THAT(results[1].as<float>(), ElementsAre(2, 4, 6, 8)) << name_of(kind);
  }
}

TEST(Inset, JoinsAxesThatAreFilledWhollyAndWidens) {
  // (2, 4, 3, 8) into (2, 6, 3, 8): the last three axes are one, of words of 16 bytes in f32.
  const std::vector<int64_t> begin = {0, 1, 0, 0}, step = {1, 1, 1, 1};
  const Inset inset = make_inset({2, 4, 3, 8}, {2, 6, 3, 8}, begin, step, DType::f32, 0);
  EXPECT_EQ(inset.rank, 2);
  EXPECT_EQ(inset.axes[1].length, 6 * 24);
  EXPECT_EQ(inset.axes[1].first, 24);
  const Inset wide = widened(inset, 16);
  EXPECT_EQ(wide.element_bytes, 16);
  EXPECT_EQ(wide.axes[1].count, 4 * 6);
  EXPECT_EQ(wide.axes[0].from, 4 * 6);

  const std::vector<int64_t> odd = {0, 1, 0, 1};
  EXPECT_EQ(widened(make_inset({2, 4, 3, 6}, {2, 6, 3, 8}, odd, step, DType::f32, 0), 16).element_bytes, 4);
}

TEST(Inset, RepeatsTheValueOverAWord) {
  const std::vector<int64_t> begin = {0}, step = {1};
  const Inset inset = make_inset({2}, {4}, begin, step, DType::u8, 7);
  for (const unsigned char byte : inset.value) EXPECT_EQ(byte, 7);
}

TEST(Inset, RunsBackwardsFromTheOtherEnd) {
  const std::vector<int64_t> begin = {5}, step = {-2};
  const Inset inset = make_inset({3}, {7}, begin, step, DType::f32, 0);  // y[5], y[3], y[1]
  EXPECT_EQ(inset.axes[0].first, 1);
  EXPECT_EQ(inset.axes[0].step, 2);
  EXPECT_EQ(inset.axes[0].from, -1);
  EXPECT_EQ(inset.from_offset, 2);
}

}  // namespace
}  // namespace lamina
