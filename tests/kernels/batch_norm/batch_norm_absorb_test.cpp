// SPDX-License-Identifier: Apache-2.0
// What training makes of a normalisation and the nodes behind it, and that it trains the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/text.h"
#include "core/compile/absorb_users.h"
#include "core/compile/build_gradients.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "kernels/batch_norm/batch_norm.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina {
namespace {

struct Normalisation {
  DType type = DType::f32;
  Value x = input_value("x", type, Shape{6, 5}), r = input_value("r", type, Shape{6, 5});
  Value gamma = input_value("gamma", DType::f32, Shape{5}), beta = input_value("beta", DType::f32, Shape{5});
  BatchNormResult result = batch_norm(x, gamma, beta);

  Feed feed() const {
    const auto wave = [](const Extents& extents, double step, DType as) {
      HostTensor numbers(DType::f32, extents);
      double at = 0;
      for (float& value : numbers.as<float>()) value = static_cast<float>(std::sin(at += step));
      return numbers.cast(as);
    };
    return {{"x", wave({6, 5}, 0.7, type)}, {"r", wave({6, 5}, 1.1, type)}, {"gamma", wave({5}, 0.9, DType::f32)},
            {"beta", wave({5}, 1.3, DType::f32)}};
  }
};

// "-" where something stays behind the normalisation.
std::string taken(const Value& y) {
  const std::shared_ptr<const Node> node = absorb_users_in_training({.outputs = {{"y", y}}}).outputs[0].value.node();
  if (node->op != &batch_norm_op()) return "-";
  return text("slope ", node->attributes.get<BatchNormAttributes>().slope, node->inputs.size() > 3 ? ", residual" : "");
}

TEST(BatchNormAbsorb, TakesInAnActivationThenAShortcut) {
  const Normalisation n;
  EXPECT_EQ(taken(n.result.y), "slope 1");
  EXPECT_EQ(taken(leaky_relu(n.result.y, 0.25)), "slope 0.25");
  EXPECT_EQ(taken(n.r + n.result.y), "slope 1, residual");
  EXPECT_EQ(taken(leaky_relu(n.result.y, 0.25) + n.r), "slope 0.25, residual");
}

TEST(BatchNormAbsorb, LeavesAllElse) {
  const Normalisation n;
  EXPECT_EQ(taken(tanh(n.result.y)), "-");
  EXPECT_EQ(taken(relu(n.result.y)), "-");
  EXPECT_EQ(taken(n.result.y + n.beta), "-");
  EXPECT_EQ(taken(leaky_relu(n.result.y + n.r, 0.25)), "-");
  EXPECT_EQ(taken(leaky_relu(leaky_relu(n.result.y, 0.25), 0.25)), "-");
  EXPECT_EQ(taken(n.result.y + n.r + n.r), "-");
}

TEST(BatchNormAbsorb, TrainsTheSame) {
  for (const DType type : {DType::f32, DType::bf16}) {
    const Normalisation n{.type = type};
    const Graph plain{.outputs = {{"y", leaky_relu(n.result.y, 0.25) + n.r}, {"mean", n.result.mean * 2.0}}};
    const Graph whole = absorb_users_in_training(plain);
    const auto gradients_of = [](const Graph& graph) {
      const Value loss = mean(square(cast(graph.outputs[0].value, DType::f32)));
      std::vector<Value> leaves;
      for (const auto& node : graph.nodes()) {
        if (node->op == &input_op()) leaves.emplace_back(node, 0);
      }
      std::sort(leaves.begin(), leaves.end(),
                [](const Value& a, const Value& b) { return input_of(*a.node()).name < input_of(*b.node()).name; });
      std::vector<Value> wanted = build_gradients(std::vector{loss}, std::vector{Value()}, leaves);
      wanted.push_back(graph.outputs[1].value);
      return wanted;
    };
    for (const DeviceKind kind : testing::available_devices()) {
      const auto expected = testing::run_values(gradients_of(plain), n.feed(), testing::plan_options(kind));
      const auto got = testing::run_values(gradients_of(whole), n.feed(), testing::plan_options(kind));
      ASSERT_EQ(got.size(), 5u);
      // In 16 bits the single nodes round between the steps, forward and backward.
      testing::Tolerance tolerance = testing::tolerance_for(type, 60);
      if (type == DType::bf16) tolerance.relative *= 4, tolerance.absolute += 0x1p-13;
      for (size_t i = 0; i < got.size(); ++i) {
        EXPECT_TRUE(testing::is_close(got[i], expected[i], tolerance)) << kind << " " << type << " " << i;
      }
    }
  }
}

}  // namespace
}  // namespace lamina
