// SPDX-License-Identifier: Apache-2.0
#include "layers/model/graphs.h"

#include <gtest/gtest.h>

#include "layers/function_layer.h"
#include "layers/lamina.h"
#include "tests/testing/toy_op.h"

namespace lamina {
namespace {

using testing::taken;

// An activation behind an op that takes it in, and whose second output is a moving statistic: the update must come from the
// node that is trained, or the op would run twice.
TEST(Graphs, TrainingTakesInActivationsAndKeepsOneNode) {
  const auto moving = std::make_shared<Variable>("moving", DType::f32, Extents{}, false);
  const auto call = [moving](CallContext& context, std::span<const Value> inputs) {
    const std::vector<Value> outputs = make_node(testing::toy_op(), testing::ToyAttributes{}, {inputs[0]});
    context.update(moving, outputs[1]);
    return std::vector<Value>{outputs[0]};
  };
  const Value x = Input({3});
  const Network network({x}, {Activation("tanh")(LayerHandle(std::make_shared<FunctionLayer>("Toy", call))(Dense(3)(x)))});
  for (const bool fuse : {true, false}) {
    GraphOptions options{.losses = "mse", .fuse = fuse};
    for (const NamedVariable& named : network.variables()) options.trained.insert(named.variable.get());
    const StepGraph step = training_graph(network, options);
    const std::vector<int> counts = taken(step.graph);
    ASSERT_EQ(counts.size(), 1u);
    EXPECT_EQ(counts[0] > 0, fuse);
    ASSERT_EQ(step.graph.updates.size(), 1u);
    EXPECT_EQ(step.graph.updates[0].variable, moving);
  }
}

}  // namespace
}  // namespace lamina
