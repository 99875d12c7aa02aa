// SPDX-License-Identifier: Apache-2.0
// Which pointwise nodes an epilogue takes in, asked of conv2d, and what it refuses to be.
#include "kernels/epilogue/epilogue.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/text.h"
#include "core/graph/pointwise.h"
#include "core/graph/reshape.h"
#include "kernels/conv2d/conv2d.h"
#include "tests/testing/expect_error.h"

namespace lamina {
namespace {

struct Convolution {
  Value x = input_value("x", DType::f32, Shape{Dim::symbol("batch"), 6, 6, 3}), w = input_value("w", DType::f32, Shape{1, 1, 3, 4});
  Value a = input_value("a", DType::f32, Shape{4}), b = input_value("b", DType::f32, Shape{4});
  Value r = input_value("r", DType::f32, Shape{Dim::symbol("batch"), 6, 6, 4});
  Value y = conv2d(x, w);
};

// The epilogue of a convolution that takes `user` in, or "-" where it does not; its own where `user` is one.
std::string taken(const Value& user) {
  const Node& node = *user.node();
  if (node.op == &conv2d_op()) return text(node.attributes.get<Conv2dAttributes>().epilogue);
  const auto convolution = std::find_if(node.inputs.begin(), node.inputs.end(),
                                        [](const Value& input) { return input.node()->op == &conv2d_op(); });
  const auto made = conv2d_op().absorb(*convolution->node(), node);
  return made ? text(made->attributes.get<Conv2dAttributes>().epilogue) : "-";
}

// `y` behind a convolution with this epilogue.
Value with(const Convolution& c, const EpilogueInputs& epilogue) { return conv2d(c.x, c.w, {}, epilogue); }

TEST(Epilogue, TakesInWhatLayersAreTracedInto) {
  const Convolution c;
  EXPECT_EQ(taken(c.y), "none");
  EXPECT_EQ(taken(c.y * c.a), "scale");
  EXPECT_EQ(taken(c.a * c.y), "scale");
  EXPECT_EQ(taken(c.y + c.b), "shift");
  EXPECT_EQ(taken(c.y - c.b), "shift");
  EXPECT_EQ(taken(c.y * reshape(c.a, Shape{1, 1, 1, 4})), "scale");
  EXPECT_EQ(taken(leaky_relu(c.y, 0.125)), "leaky 0.125");
  EXPECT_EQ(taken(relu(c.y)), "leaky 0");
  EXPECT_EQ(taken(c.r + c.y), "residual");
  EXPECT_EQ(taken(with(c, {.scale = c.a}) + c.b), "scale, shift");
  EXPECT_EQ(taken(with(c, {.shift = c.b}) * c.a), "scale, shift");
  EXPECT_EQ(taken(leaky_relu(with(c, {.scale = c.a, .shift = c.b}), 0.5)), "scale, shift, leaky 0.5");
  EXPECT_EQ(taken(with(c, {.slope = 0.5}) + c.r), "leaky 0.5, residual");
}

TEST(Epilogue, LeavesWhatItDoesNotMean) {
  const Convolution c;
  EXPECT_EQ(taken(tanh(c.y)), "-");
  EXPECT_EQ(taken(c.b - c.y), "-");
  EXPECT_EQ(taken(c.y - c.r), "-");
  EXPECT_EQ(taken(c.y * c.r), "-");
  EXPECT_EQ(taken(c.y / c.a), "-");
  EXPECT_EQ(taken(c.y * c.y), "-");
  EXPECT_EQ(taken(c.y + 1.0), "-");
  EXPECT_EQ(taken(c.y * input_value("rows", DType::f32, Shape{6, 1})), "-");
  EXPECT_EQ(taken(c.y + input_value("more", DType::f32, Shape{2, Dim::symbol("batch"), 6, 6, 4})), "-");
  EXPECT_EQ(taken(cast(c.y, DType::bf16)), "-");
  EXPECT_EQ(taken(leaky_relu(c.y, -0.5)), "-");
  EXPECT_EQ(taken(leaky_relu(0.0 - c.r, c.y)), "-");
}

TEST(Epilogue, KeepsItsOrder) {
  const Convolution c;
  EXPECT_EQ(taken(with(c, {.slope = 0.5}) * c.a), "-");
  EXPECT_EQ(taken(with(c, {.slope = 0.5}) + c.b), "-");
  EXPECT_EQ(taken(leaky_relu(with(c, {.slope = 0.5}), 0.5)), "-");
  EXPECT_EQ(taken(with(c, {.residual = c.r}) + c.b), "-");
  EXPECT_EQ(taken(leaky_relu(with(c, {.residual = c.r}), 0.5)), "-");
  EXPECT_EQ(taken(with(c, {.residual = c.r}) + c.r), "-");
}

template <class Call>
void expect_refusal(const std::string& message, Call call) {
  testing::expect_error(ErrorKind::model, "[conv2d] node \"conv2d\": " + message, call);
}

TEST(Epilogue, SaysWhatAnInputShouldBe) {
  const Convolution c;
  const Value long_one = input_value("long", DType::f32, Shape{5}), half = input_value("half", DType::bf16, Shape{4});
  expect_refusal("scale is f32(5,), expected f32(4,)", [&] { with(c, {.scale = long_one}); });
  expect_refusal("shift is bf16(4,), expected f32(4,)", [&] { with(c, {.shift = half}); });
  expect_refusal("residual is f32(4,), expected f32(batch, 6, 6, 4)", [&] { with(c, {.residual = c.a}); });
  expect_refusal("needs a finite slope of 0 or more, got -1", [&] { with(c, {.slope = -1}); });
}

}  // namespace
}  // namespace lamina
