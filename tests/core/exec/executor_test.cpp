// SPDX-License-Identifier: Apache-2.0
#include "core/exec/executor.h"

#include <gtest/gtest.h>

#include <sstream>

#include "core/compile/make_plan.h"
#include "core/graph/pointwise.h"
#include "kernels/all_ops.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

const Dim kBatch = Dim::symbol("batch");

struct Recorder final : StepObserver {
  std::vector<std::string> names;
  void on_step(const Step& step, double seconds) override {
    names.push_back(step.impl.full_name());
    EXPECT_GE(seconds, 0.0);
  }
};

std::shared_ptr<const Plan> plan_of(const Graph& graph, DeviceKind kind) {
  static const OpRegistry ops = kernels::all_ops();
  return std::make_shared<const Plan>(make_plan(graph, {{"batch", 2}}, ops, testing::plan_options(kind)));
}

TEST(Executor, AnUpdateIsSeenByTheNextRun) {
  for (const DeviceKind kind : testing::available_devices()) {
    auto counter = std::make_shared<Variable>("counter", DType::f32, Extents{}, false);
    counter->assign(HostTensor::scalar(0.0f));
    const Value value = variable_value(counter);
    const Graph graph{.outputs = {{"before", value * 1.5}}, .updates = {{counter, value + 1.0}}};
    Executor executor(plan_of(graph, kind), testing::device(kind));
    EXPECT_EQ(executor.run({}).at("before").at(0), 0.0);
    EXPECT_EQ(executor.run({}).at("before").at(0), 1.5);
    EXPECT_EQ(executor.run({}).at("before").at(0), 3.0);
    EXPECT_EQ(counter->read().at(0), 3.0);
  }
}

TEST(Executor, NamesTheInputThatIsMissingOrHasAnotherShape) {
  const Value x = input_value("features", DType::f32, Shape{kBatch, 3});
  Executor executor(plan_of(Graph{.outputs = {{"y", exp(x)}}}, DeviceKind::cpu), testing::device(DeviceKind::cpu));
  try {
    executor.run({{"feature", HostTensor(DType::f32, {2, 3})}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "no data for input 'features'; given are 'feature' (did you mean 'feature'?)");
  }
  try {
    executor.run({{"features", HostTensor(DType::f32, {2, 4})}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "input 'features' takes f32(2, 3), given was f32(2, 4)");
  }
}

TEST(Executor, AnObserverSeesEveryStep) {
  const Value x = input_value("x", DType::f32, Shape{kBatch, 3});
  Executor executor(plan_of(Graph{.outputs = {{"y", exp(x)}}}, DeviceKind::cpu), testing::device(DeviceKind::cpu));
  Recorder recorder;
  executor.set_observer(&recorder);
  executor.run({{"x", HostTensor(DType::f32, {2, 3})}});
  EXPECT_EQ(recorder.names, std::vector<std::string>{"pointwise/cpu/blocked"});
}

TEST(Executor, TwoExecutorsShareAVariable) {
  auto weight = std::make_shared<Variable>("weight", DType::f32, Extents{2}, true);
  weight->assign(HostTensor::of<float>({2}, {1, 2}));
  const Value value = variable_value(weight);
  Executor writer(plan_of(Graph{.updates = {{weight, value * 3.0}}}, DeviceKind::cpu), testing::device(DeviceKind::cpu));
  Executor reader(plan_of(Graph{.outputs = {{"y", value + 0.5}}}, DeviceKind::cpu), testing::device(DeviceKind::cpu));
  writer.run({});
  EXPECT_EQ(reader.run({}).at("y").at(1), 6.5);
}

// The plan names the implementation and why others were refused.
TEST(Plan, PrintsImplementationsAndRefusals) {
  const Value x = input_value("x", DType::f64, Shape{kBatch, 3});
  std::ostringstream out;
  print_plan(*plan_of(Graph{.outputs = {{"y", exp(x)}}}, DeviceKind::cpu), out);
  EXPECT_NE(out.str().find("pointwise/cpu/reference"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("not pointwise/cpu/blocked: f64 is the reference's"), std::string::npos) << out.str();
}

TEST(Plan, AForcedImplementationThatRefusesIsAnErrorThatListsWhatThereIs) {
  const Value x = input_value("x", DType::f64, Shape{2});
  static const OpRegistry ops = kernels::all_ops();
  PlanOptions options = testing::plan_options(DeviceKind::cpu);
  options.forced_impls = {{"pointwise", "blocked"}};
  try {
    make_plan(Graph{.outputs = {{"y", exp(x)}}}, {}, ops, options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("f64 is the reference's"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("'blocked' was asked for"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace lamina
