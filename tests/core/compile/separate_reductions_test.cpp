// SPDX-License-Identifier: Apache-2.0
#include "core/compile/separate_reductions.h"

#include <gtest/gtest.h>

#include "core/compile/make_plan.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "kernels/all_ops.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina {
namespace {

// A gradient with a penalty that is checked before it is applied: what stands between must not be written to memory.
struct CheckedUpdate {
  Value w = input_value("w", DType::f32, Shape{64, 32}), dw = input_value("dw", DType::f32, Shape{64, 32});
  Value g = dw + 0.2 * w;
  Value healthy = is_finite(sum(g * 0.0));
  Value updated = where(healthy, w - 0.1 * g / (sqrt(square(g)) + 1.0), w);
};

int steps_over_whole_tensors(const Plan& plan) {
  int count = 0;
  for (const Step& step : plan.steps) {
    const bool whole = step.inputs.size() > 0 && step.inputs.front().extents.count() > 1;
    if (step.op == &pointwise_op() && whole) ++count;
  }
  return count;
}

TEST(SeparateReductions, ACheckedUpdateIsOneReductionAndOnePointwiseStep) {
  const CheckedUpdate update;
  Graph graph;
  graph.outputs.push_back({"updated", update.updated});
  const Plan plan = make_plan(graph, {}, kernels::all_ops(), {});
  EXPECT_EQ(steps_over_whole_tensors(plan), 1);
}

TEST(SeparateReductions, LeaveTheResultsAsTheyAre) {
  const CheckedUpdate update;
  HostTensor w(DType::f32, {64, 32}), dw(DType::f32, {64, 32});
  for (int64_t i = 0; i < w.count(); ++i) {
    w.as<float>()[static_cast<size_t>(i)] = static_cast<float>(i % 13) - 6.0f;
    dw.as<float>()[static_cast<size_t>(i)] = static_cast<float>(i % 7) - 3.0f;
  }
  for (const DeviceKind kind : testing::available_devices()) {
    PlanOptions fused = testing::plan_options(kind), plain = fused;
    plain.fuse = false;
    const Feed feed = {{"w", w}, {"dw", dw}};
    const HostTensor a = testing::run_values(std::vector<Value>{update.updated}, feed, fused)[0];
    const HostTensor b = testing::run_values(std::vector<Value>{update.updated}, feed, plain)[0];
    EXPECT_TRUE(testing::is_close(a, b, testing::tolerance_for(DType::f32, 1))) << name_of(kind);
  }
}

// Three tensors read again would cost more than one written and read.
TEST(SeparateReductions, LeaveWideChainsAlone) {
  const Value a = input_value("a", DType::f32, Shape{8}), b = input_value("b", DType::f32, Shape{8}), c = input_value("c", DType::f32, Shape{8});
  const Value chain = a * b + c;
  Graph graph;
  graph.outputs = {{"sum", sum(chain)}, {"chain", chain}};
  EXPECT_EQ(separate_reductions(graph, {}).nodes().size(), graph.nodes().size());
}

}  // namespace
}  // namespace lamina
