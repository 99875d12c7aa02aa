// SPDX-License-Identifier: Apache-2.0
// What the cases of the op cannot say: symbols, errors, stack, and gradients through a model.
#include "kernels/concat/concat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/compile/build_gradients.h"
#include "core/graph/pointwise.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Value input(const std::string& name, const Shape& shape, DType dtype = DType::f32) {
  return input_value(name, dtype, shape);
}

std::string message_of(const std::vector<Value>& parts, int axis) {
  try {
    concat(parts, axis);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Concat, AddsSymbolsAlongTheAxis) {
  const Dim a = Dim::symbol("a"), b = Dim::symbol("b");
  EXPECT_EQ(concat({input("x", {2, a}), input("y", {2, b}), input("z", {2, 3})}, -1).shape(),
            (Shape{2, a + b + Dim(3)}));
}

TEST(Concat, OfOnePartIsThatPart) {
  const Value x = input("x", {2, 3});
  EXPECT_TRUE(concat({x}, 1).same_as(x));
}

TEST(Concat, NamesThePartThatDoesNotFit) {
  const NameScope scope("net");
  const Value x = input("x", {2, 3});
  EXPECT_THAT(message_of({}, 0), HasSubstr("[concat] node \"net/concat\": no parts were given"));
  EXPECT_THAT(message_of({x, input("y", {4, 3})}, 1),
              HasSubstr("[concat] node \"net/concat\": part 1 of shape (4, 3) does not fit part 0 of shape (2, 3)"));
  EXPECT_THAT(message_of({x, input("y", {2})}, 1), HasSubstr("part 1 of shape (2,)"));
  EXPECT_THAT(message_of({x, x, input("y", {2, 3}, DType::i32)}, 1),
              HasSubstr("part 2 is i32, part 0 is f32; use cast()"));
  EXPECT_THAT(message_of({x, x}, 2), HasSubstr("axis 2 of a tensor with 2 axes"));
}

TEST(Concat, GradientsAreTheParts) {
  const Value x = input("x", {1, Dim::symbol("a")}), y = input("y", {1, Dim::symbol("b")});
  const Value squares = square(concat({x, y, x}, 1));
  const std::vector<Value> gradients =
      build_gradients(std::vector<Value>{squares}, std::vector<Value>{Value()}, std::vector<Value>{x, y});
  const Feed feed = {{"x", HostTensor::of<float>({1, 2}, {1, 2})}, {"y", HostTensor::of<float>({1, 3}, {3, 4, 5})}};
  for (const DeviceKind kind : testing::available_devices()) {
    const std::vector<HostTensor> results = testing::run_values(gradients, feed, testing::plan_options(kind));
    EXPECT_THAT(results[0].as<float>(), ElementsAre(4, 8)) << name_of(kind);
    EXPECT_THAT(results[1].as<float>(), ElementsAre(6, 8, 10)) << name_of(kind);
  }
}

TEST(Concat, StackMakesANewAxis) {
  const Value x = input("x", {Dim::symbol("n")}), y = input("y", {Dim::symbol("n")});
  EXPECT_EQ(stack({x, y}, 0).shape(), (Shape{2, Dim::symbol("n")}));
  const Value columns = stack({x, y}, -1);
  EXPECT_EQ(columns.shape(), (Shape{Dim::symbol("n"), 2}));
  const Feed feed = {{"x", HostTensor::of<float>({3}, {1, 2, 3})}, {"y", HostTensor::of<float>({3}, {4, 5, 6})}};
  for (const DeviceKind kind : testing::available_devices()) {
    const HostTensor result = testing::run_values(std::vector<Value>{columns}, feed, testing::plan_options(kind))[0];
    EXPECT_THAT(result.as<float>(), ElementsAre(1, 4, 2, 5, 3, 6)) << name_of(kind);
  }
}

TEST(Concat, StackNamesAPartOfAnotherShape) {
  EXPECT_THROW(stack({}, 0), Error);
  try {
    stack({input("x", {3}), input("y", {1, 3})});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("part 1 of shape (1, 3) differs from part 0 of shape (3,)"));
  }
}

}  // namespace
}  // namespace lamina
