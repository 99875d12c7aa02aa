// SPDX-License-Identifier: Apache-2.0
#include "core/graph/graph.h"

#include <gtest/gtest.h>

#include <sstream>

#include "core/base/error.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "core/graph/reshape.h"
#include "kernels/matmul/matmul.h"

namespace lamina {
namespace {

const Dim kBatch = Dim::symbol("batch");

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Graph, AWrongShapeNamesOpNodeAndBothSides) {
  const Value x = input_value("x", DType::f32, Shape{kBatch, 3}), w = input_value("w", DType::f32, Shape{4, 2});
  const NameScope scope("neck");
  EXPECT_EQ(message_of([&] { matmul(x, w); }),
            "[matmul] node \"neck/matmul\": the inner dimensions differ: 3 of (batch, 3) and 4 of (4, 2)");
}

TEST(Graph, OperandsThatDoNotBroadcastAreNamed) {
  const Value x = input_value("x", DType::f32, Shape{kBatch, 3}), y = input_value("y", DType::f32, Shape{kBatch, 4});
  EXPECT_EQ(message_of([&] { add(x, y); }),
            "[pointwise] node \"pointwise\": shapes (batch, 3) and (batch, 4) do not broadcast: 3 against 4");
}

TEST(Graph, TypesArePromotedAndRealFunctionsRefuseWholeNumbers) {
  const Value i = input_value("i", DType::i32, Shape{2}), f = input_value("f", DType::f32, Shape{2});
  EXPECT_EQ((i + f).dtype(), DType::f32);
  EXPECT_EQ((i * 2.0).dtype(), DType::i32);
  EXPECT_EQ((i < f).dtype(), DType::boolean);
  EXPECT_THROW(exp(i), Error);
}

TEST(Graph, AReshapeInfersOneOpenDimension) {
  const Value x = input_value("x", DType::f32, Shape{kBatch, 4, 3});
  EXPECT_EQ(reshape(x, Shape{-1, 6}).shape(), (Shape{kBatch * 2, 6}));
  EXPECT_EQ(reshape(x, Shape{kBatch, -1}).shape(), (Shape{kBatch, 12}));
  EXPECT_THROW(reshape(x, Shape{-1, -1}), Error);
  EXPECT_THROW(reshape(x, Shape{kBatch, 5}), Error);
}

TEST(Graph, RewritingKeepsWhatDoesNotChange) {
  const Value x = input_value("x", DType::f32, Shape{2});
  const Graph graph{.outputs = {{"y", tanh(x)}, {"z", exp(x)}}};
  const Graph copy = rewrite(graph, [](const auto&, const auto&) { return std::vector<Value>(); });
  EXPECT_TRUE(copy.outputs[0].value.same_as(graph.outputs[0].value));
}

TEST(Graph, PrintsOneNodeALine) {
  const Value x = input_value("x", DType::f32, Shape{kBatch, 2});
  std::ostringstream out;
  print(Graph{.outputs = {{"y", sum(x, {1})}}}, out);
  EXPECT_NE(out.str().find("%1 = reduce(%0)"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("output y = %1"), std::string::npos) << out.str();
}

TEST(Graph, ALongChainIsFreedWithoutRecursion) {
  Value x = input_value("x", DType::f32, Shape{1});
  for (int i = 0; i < 200000; ++i) x = negate(x);
  x = Value();
}

}  // namespace
}  // namespace lamina
