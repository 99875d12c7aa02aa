// SPDX-License-Identifier: Apache-2.0
#include "core/compile/absorb_users.h"

#include <gtest/gtest.h>

#include "core/compile/build_gradients.h"
#include "core/graph/pointwise.h"
#include "core/op/op_registry.h"
#include "tests/testing/toy_op.h"

namespace lamina {
namespace {

using testing::taken;
using testing::toy_definition;
using testing::toy_op;
using testing::ToyAttributes;

struct Toy {
  Value x = input_value("x", DType::f32, Shape{3});
  std::vector<Value> outputs = make_node(toy_op(), ToyAttributes{}, {x});
};

TEST(AbsorbUsers, AChainGoesInOneByOne) {
  const Toy toy;
  const Graph graph = absorb_users_in_training({.outputs = {{"y", tanh(negate(toy.outputs[0]))}}});
  EXPECT_EQ(taken(graph), std::vector<int>{2});
  EXPECT_EQ(graph.outputs[0].value.node()->op, &toy_op());
  EXPECT_EQ(graph.outputs[0].value.output(), 0);
}

TEST(AbsorbUsers, TheNodeIsNamedAfterAllThatItDoes) {
  const auto in = [](const char* scope, auto&& make) {
    const NameScope named(scope);
    return make();
  };
  const Toy toy = in("first", [] { return Toy(); });
  const Value a = in("second", [&] { return tanh(negate(toy.outputs[0])); }), b = in("third", [&] { return exp(a); });
  const Graph graph = absorb_users_in_training({.outputs = {{"y", b}}});
  EXPECT_EQ(graph.outputs[0].value.node()->name, "first/toy + second/pointwise + third/pointwise");
}

// Whichever is reached first, the readers of the second output must not keep the old node alive.
TEST(AbsorbUsers, OtherOutputsMoveAlong) {
  for (const bool second_first : {false, true}) {
    const Toy toy;
    const NamedValue y{"y", tanh(negate(toy.outputs[0]))}, z{"z", toy.outputs[1] * 2.0};
    const Graph graph = absorb_users_in_training({.outputs = second_first ? std::vector{z, y} : std::vector{y, z}});
    EXPECT_EQ(taken(graph), std::vector<int>{2});
  }
}

TEST(AbsorbUsers, ASecondOutputThatIsFetchedMovesAlong) {
  const Toy toy;
  const Graph graph = absorb_users_in_training({.outputs = {{"z", toy.outputs[1]}, {"y", negate(toy.outputs[0])}}});
  EXPECT_EQ(taken(graph), std::vector<int>{1});
  EXPECT_EQ(graph.outputs[0].value.output(), 1);
}

TEST(AbsorbUsers, LeavesWhatIsAnOutput) {
  const Toy toy;
  const Graph graph{.outputs = {{"y", negate(toy.outputs[0])}, {"z", toy.outputs[0]}}};
  EXPECT_EQ(taken(absorb_users_in_training(graph)), std::vector<int>{0});
}

TEST(AbsorbUsers, LeavesWhatTwoRead) {
  const Toy toy;
  const Graph graph{.outputs = {{"y", negate(toy.outputs[0])}, {"z", tanh(toy.outputs[0])}}};
  EXPECT_EQ(taken(absorb_users_in_training(graph)), std::vector<int>{0});
}

TEST(AbsorbUsers, LeavesASumWithWhatComesFromItsSecondOutput) {
  const Toy toy;
  EXPECT_EQ(taken(absorb_users_in_training({.outputs = {{"y", toy.outputs[0] + toy.outputs[1] * 2.0}}})), std::vector<int>{0});
  EXPECT_EQ(taken(absorb_users_in_training({.outputs = {{"y", tanh(toy.outputs[0]) + toy.outputs[1]}}})), std::vector<int>{1});
  EXPECT_EQ(taken(absorb_users_in_training({.outputs = {{"y", toy.outputs[0] + toy.x}}})), std::vector<int>{1});
}

TEST(AbsorbUsers, LeavesWhatIsNotPointwiseOrReadsTheSecondOutput) {
  const Toy toy;
  const Value again = make_node(toy_op(), ToyAttributes{}, {toy.outputs[0]})[0];
  EXPECT_EQ(taken(absorb_users_in_training({.outputs = {{"y", again}, {"z", negate(toy.outputs[1])}}})), (std::vector<int>{0, 0}));
}

TEST(AbsorbUsers, BeforeGradientsOnlyWhereTheOpSaysSo) {
  static const OpDef later = toy_definition(false);
  const Value x = input_value("x", DType::f32, Shape{3}), y = negate(make_node(later, ToyAttributes{}, {x})[0]);
  EXPECT_EQ(taken(absorb_users_in_training({.outputs = {{"y", y}}})), std::vector<int>{0});
}

// The toy's rule passes dy on: had the gradient been built of the single nodes, it would hold another minus.
TEST(AbsorbUsers, TheGradientIsThatOfTheWhole) {
  const Toy toy;
  const Graph graph = absorb_users_in_training({.outputs = {{"y", negate(toy.outputs[0])}}});
  const Value seed = input_value("dy", DType::f32, Shape{3});
  const Value x = graph.outputs[0].value.node()->inputs[0];
  const auto gradients = build_gradients(std::vector{graph.outputs[0].value}, std::vector{seed}, std::vector{x});
  EXPECT_TRUE(gradients[0].same_as(seed));
}

// Two implementations: "fast", which takes in at most one user, and "reference".
OpRegistry toy_ops() {
  static const KernelImpl impls[] = {
      {"toy", DeviceKind::cpu, "fast",
       [](const KernelQuery& query) {
         return query.attributes.get<ToyAttributes>().taken < 2 ? Verdict::yes() : Verdict::no("takes one");
       },
       nullptr, nullptr},
      {"toy", DeviceKind::cpu, "reference", [](const KernelQuery&) { return Verdict::yes(); }, nullptr, nullptr}};
  OpRegistry ops;
  ops.add(toy_op(), impls, nullptr);
  return ops;
}

TEST(AbsorbUsers, StopsBeforeALaterImplementation) {
  const Toy toy;
  const Graph graph{.outputs = {{"y", tanh(negate(toy.outputs[0]))}}};
  EXPECT_EQ(taken(absorb_users(graph, toy_ops(), {})), std::vector<int>{1});
  EXPECT_EQ(taken(absorb_users(graph, toy_ops(), {.forced_impls = {{"toy", "reference"}}})), std::vector<int>{2});
}

TEST(AbsorbUsers, NothingGoesInWithoutFusing) {
  const Toy toy;
  EXPECT_EQ(taken(absorb_users({.outputs = {{"y", negate(toy.outputs[0])}}}, toy_ops(), {.fuse = false})), std::vector<int>{0});
}

}  // namespace
}  // namespace lamina
