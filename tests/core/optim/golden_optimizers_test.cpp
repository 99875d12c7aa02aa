// SPDX-License-Identifier: Apache-2.0
// Optimizers and schedules against Keras: six steps of a dense layer under mse, on every device.
#include <gtest/gtest.h>

#include "core/compile/build_gradients.h"
#include "core/graph/reduce.h"
#include "core/optim/optimizer.h"
#include "kernels/all_ops.h"
#include "kernels/matmul/matmul.h"
#include "tests/testing/devices.h"
#include "tests/testing/golden.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

using nlohmann::json;
using testing::is_golden;

Schedule schedule_of(const json& config) {
  const std::string name = config.at("class");
  const json& args = config.at("args");
  if (name == "PiecewiseConstantDecay") return piecewise_constant(args.at("boundaries"), args.at("values"));
  const double initial = args.at("initial_learning_rate");
  const int64_t steps = args.at("decay_steps");
  if (name == "ExponentialDecay") return exponential_decay(initial, steps, args.at("decay_rate"), args.at("staircase"));
  if (name == "InverseTimeDecay")
    return inverse_time_decay(initial, steps, args.at("decay_rate"), args.at("staircase"));
  if (name == "PolynomialDecay") {
    return polynomial_decay(initial, steps, args.at("end_learning_rate"), args.at("power"), args.at("cycle"));
  }
  if (name == "CosineDecay") {
    CosineDecayOptions options{.alpha = args.at("alpha"), .warmup_steps = args.at("warmup_steps")};
    if (!args.at("warmup_target").is_null()) options.warmup_target = args.at("warmup_target").get<double>();
    return cosine_decay(initial, steps, options);
  }
  throw std::runtime_error("the golden file has an unknown schedule " + name);
}

LearningRate rate_of(const json& rate) {
  if (rate.is_object()) return schedule_of(rate);
  return rate.get<double>();
}

GradientClipping clipping_of(const json& args) {
  GradientClipping clipping;
  if (args.contains("clipvalue")) clipping.clip_value = args.at("clipvalue").get<double>();
  if (args.contains("clipnorm")) clipping.clip_norm = args.at("clipnorm").get<double>();
  if (args.contains("global_clipnorm")) clipping.global_clip_norm = args.at("global_clipnorm").get<double>();
  return clipping;
}

std::shared_ptr<Optimizer> optimizer_of(const json& config) {
  const std::string name = config.at("optimizer").at("class");
  const json& args = config.at("optimizer").at("args");
  WeightDecay decay;
  if (args.contains("weight_decay")) {
    decay = WeightDecay(args.at("weight_decay"), config.value("exclude_from_weight_decay", std::vector<std::string>{}));
  }
  if (name == "SGD") {
    return sgd({rate_of(args.at("learning_rate")), args.value("momentum", 0.0), args.value("nesterov", false), decay,
                clipping_of(args)});
  }
  if (name == "Adam" || name == "AdamW") {
    const AdamOptions options{rate_of(args.at("learning_rate")),
                              args.at("beta_1"),
                              args.at("beta_2"),
                              args.at("epsilon"),
                              args.at("amsgrad"),
                              decay,
                              clipping_of(args)};
    return name == "Adam" ? adam(options) : adamw(options);
  }
  if (name == "RMSprop") {
    return rmsprop({rate_of(args.at("learning_rate")), args.at("rho"), args.at("momentum"), args.at("epsilon"),
                    args.at("centered"), decay, clipping_of(args)});
  }
  throw std::runtime_error("the golden file has an unknown optimizer " + name);
}

// y = x kernel + bias under the mean of all squared errors, one batch again and again.
struct DenseRun {
  std::vector<std::shared_ptr<Variable>> variables;
  Graph graph;
  Feed feed;

  DenseRun(const json& golden, Optimizer& optimizer) {
    feed = {{"x", testing::tensor_of(golden.at("inputs").at("x"))},
            {"y", testing::tensor_of(golden.at("inputs").at("y"))}};
    std::vector<Value> leaves;
    for (const auto& [name, contents] : testing::named_tensors_of(golden.at("weights"))) {
      variables.push_back(std::make_shared<Variable>(name, DType::f32, contents.extents(), true));
      variables.back()->assign(contents);
      leaves.push_back(variable_value(variables.back()));
    }
    const Value x = input_value("x", DType::f32, feed.at("x").extents()),
                y = input_value("y", DType::f32, feed.at("y").extents());
    graph.loss = mean(square(matmul(x, leaves.at(0)) + leaves.at(1) - y));
    graph.outputs = {{"loss", graph.loss}};
    const auto gradients = build_gradients(std::vector<Value>{graph.loss}, std::vector<Value>{Value()}, leaves);
    std::vector<Optimizer::Trained> trained;
    for (size_t i = 0; i < leaves.size(); ++i) trained.push_back({variables[i], leaves[i], gradients[i]});
    graph.updates = optimizer.attach(trained, is_finite(graph.loss));
  }

  Executor executor(DeviceKind device) {
    set_rate(0, 1);
    const OpRegistry ops = kernels::all_ops();
    const auto bindings = testing::bindings_of(graph, feed);
    auto plan = std::make_shared<const Plan>(make_plan(graph, bindings, ops, testing::plan_options(device)));
    return Executor(plan, testing::device(device));
  }

  void set_rate(double rate, int64_t step) {
    feed.insert_or_assign(kLearningRateInput, HostTensor::scalar(static_cast<float>(rate)));
    feed.insert_or_assign(kOptimizerStepInput, HostTensor::scalar(static_cast<float>(step)));
  }
};

void expect_schedule(const json& golden) {
  const Schedule schedule = schedule_of(golden.at("config").at("schedule"));
  const json &steps = golden.at("steps"), &values = golden.at("expected").at("values");
  for (size_t i = 0; i < steps.size(); ++i)
    EXPECT_TRUE(is_golden(schedule.rate(steps[i]), values[i])) << "step " << steps[i];
}

void expect_run(const json& golden, DeviceKind device) {
  const auto optimizer = optimizer_of(golden.at("config"));
  DenseRun run(golden, *optimizer);
  Executor executor = run.executor(device);
  const json& expected = golden.at("expected");
  const int steps = golden.at("config").at("steps");
  for (int step = 0; step < steps; ++step) {
    EXPECT_TRUE(is_golden(optimizer->learning_rate(), expected.at("learning_rates")[step])) << "rate of step " << step;
    run.set_rate(optimizer->learning_rate(), optimizer->iterations + 1);
    const double loss = executor.run(run.feed).at("loss").at(0);
    ++optimizer->iterations;
    EXPECT_TRUE(is_golden(loss, expected.at("losses")[step])) << "loss of step " << step;
    for (size_t i = 0; i < run.variables.size(); ++i) {
      EXPECT_TRUE(is_golden(run.variables[i]->read(), expected.at("weights_after_step")[step][i]))
          << run.variables[i]->name << " after step " << step;
    }
  }
}

class GoldenOptimizer : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenOptimizer, FollowsKeras) {
  const json golden = testing::load_golden(GetParam());
  if (golden.at("config").contains("schedule")) return expect_schedule(golden);
  for (const DeviceKind device : testing::available_devices()) {
    SCOPED_TRACE(name_of(device));
    expect_run(golden, device);
  }
}

INSTANTIATE_TEST_SUITE_P(Keras, GoldenOptimizer, ::testing::ValuesIn(testing::golden_names("optimizers")),
                         testing::golden_case_name);

}  // namespace
}  // namespace lamina
