// SPDX-License-Identifier: Apache-2.0
// What simplify takes out of a graph, and what it must leave.
#include <gtest/gtest.h>

#include "core/compile/passes.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "core/graph/reshape.h"

namespace lamina {
namespace {

const Dim kBatch = Dim::symbol("batch");

Value x_of(DType dtype = DType::f32) { return input_value("x", dtype, Shape{kBatch, 5}); }

Value simplified(const Value& value) { return simplify(Graph{.outputs = {{"y", value}}}).outputs[0].value; }

TEST(Simplify, DropsOperationsThatChangeNothing) {
  const Value x = x_of();
  for (const Value& same : {x + 0.0, 0.0 + x, x - 0.0, x * 1.0, 1.0 * x, x / 1.0, reshape(x, x.shape()), x * 1.0 + 0.0}) {
    EXPECT_TRUE(simplified(same).same_as(x)) << same.node()->name;
  }
}

TEST(Simplify, KeepsOperationsThatLookNeutralButAreNot) {
  const Value x = x_of();
  for (const Value& other : {0.0 - x, 1.0 / x, x * 0.0, x + 1.0}) EXPECT_TRUE(simplified(other).node()->op == &pointwise_op());
  // The other operand widens the result: (batch, 5) + zeros of (3, 1, 1) has another shape.
  const Value zeros = constant(HostTensor(DType::f32, {3, 1, 1}));
  EXPECT_EQ(simplified(x + zeros).shape(), (Shape{3, kBatch, 5}));
}

TEST(Simplify, FoldsConstantsOfOneNumber) {
  const Value two = constant(HostTensor::scalar(2.0f)), three = constant(HostTensor::scalar(3.0f));
  const Value folded = simplified(negate(two + three * 4.0) / 7.0);
  ASSERT_EQ(folded.node()->op, &constant_op());
  EXPECT_EQ(constant_of(*folded.node()).at(0), -2.0);
}

TEST(Simplify, MakesTheSameNodeOnce) {
  const Value x = x_of();
  const Graph graph = simplify(Graph{.outputs = {{"a", tanh(x) + 1.0}, {"b", tanh(x) * 2.0}}});
  EXPECT_TRUE(graph.outputs[0].value.node()->inputs[0].same_as(graph.outputs[1].value.node()->inputs[0]));
  const Graph other = simplify(Graph{.outputs = {{"a", sum(x, {0})}, {"b", sum(x, {1})}}});
  EXPECT_FALSE(other.outputs[0].value.same_as(other.outputs[1].value)) << "other attributes are another node";
}

TEST(Simplify, AReductionOfLengthOneIsAReshape) {
  const Value x = input_value("x", DType::f32, Shape{kBatch, 1});
  EXPECT_EQ(simplified(sum(x, {1})).node()->op, &reshape_op());
  EXPECT_EQ(simplified(sum(x, {0})).node()->op, &reduce_op());
  EXPECT_EQ(simplified(argmax(x, 1)).node()->op, &reduce_op());
}

TEST(Simplify, JoinsReshapes) {
  const Value x = input_value("x", DType::f32, Shape{4, 6});
  const Value joined = simplified(reshape(reshape(x, Shape{24}), Shape{2, 12}));
  EXPECT_TRUE(joined.node()->inputs[0].same_as(x));
  EXPECT_TRUE(simplified(reshape(reshape(x, Shape{24}), Shape{4, 6})).same_as(x));
}

TEST(Simplify, DropsCastsToTheTypeThatIsThere) {
  const Value x = x_of(DType::i32);
  EXPECT_TRUE(simplified(cast(x, DType::i32)).same_as(x));
  EXPECT_FALSE(simplified(cast(x, DType::f32)).same_as(x));
}

}  // namespace
}  // namespace lamina
