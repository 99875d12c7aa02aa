// SPDX-License-Identifier: Apache-2.0
// What optimizers do besides their formulas: names, options that exclude each other, slots, decay, and steps that must
// not be taken.
#include "core/optim/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/graph/pointwise.h"
#include "kernels/all_ops.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    return error.what();
  }
  return "nothing was thrown";
}

std::shared_ptr<Variable> weight(const std::string& name, float contents) {
  auto variable = std::make_shared<Variable>(name, DType::f32, Extents{}, true);
  variable->assign(HostTensor::scalar(contents));
  return variable;
}

// Steps of `variables` under gradients fed by hand, on cpu.
class Steps {
 public:
  Steps(Optimizer& optimizer, const std::vector<std::shared_ptr<Variable>>& variables) : optimizer_(optimizer) {
    const Value gradient = input_value("gradient", DType::f32, Shape{});
    std::vector<Optimizer::Trained> trained;
    for (const auto& variable : variables) trained.push_back({variable, variable_value(variable), gradient});
    graph_.updates = optimizer.attach(trained, input_value("healthy", DType::boolean, Shape{}));
  }

  void step(float gradient, bool healthy = true) {
    const Feed feed = {{"gradient", HostTensor::scalar(gradient)},
                       {"healthy", HostTensor::scalar(healthy)},
                       {kLearningRateInput, HostTensor::scalar(static_cast<float>(optimizer_.learning_rate()))},
                       {kOptimizerStepInput, HostTensor::scalar(static_cast<float>(++optimizer_.iterations))}};
    testing::run_graph(graph_, feed, testing::plan_options(DeviceKind::cpu));
  }

 private:
  Optimizer& optimizer_;
  Graph graph_;
};

TEST(Optimizers, GoByTheirNames) {
  for (const std::string name : {"sgd", "adam", "adamw", "rmsprop"}) EXPECT_EQ(optimizer_from_name(name)->name(), name);
  EXPECT_EQ(optimizer_from_name("RMSprop")->name(), "rmsprop");
  EXPECT_EQ(message_of([] { optimizer_from_name("adm"); }),
            "Could not interpret optimizer identifier: adm (did you mean 'adam'?)");
}

TEST(Optimizers, RefuseOptionsThatMakeNoSense) {
  EXPECT_EQ(message_of([] { sgd({.clipping = {.clip_value = 1, .clip_norm = 1}}); }),
            "Only one of `clip_norm`, `clip_value` and `global_clip_norm` can be set.");
  EXPECT_EQ(message_of([] { sgd({.clipping = {.clip_norm = 0}}); }),
            "a gradient is clipped to a positive bound, got 0");
  EXPECT_EQ(message_of([] { sgd({.momentum = 1.5}); }), "[sgd] momentum must be within [0, 1], got 1.5");
  EXPECT_EQ(message_of([] { adam({.beta_1 = 1}); }), "[adam] a beta must be within [0, 1), got 1");
  EXPECT_EQ(message_of([] { adamw({.weight_decay = -0.1}); }), "a weight decay must not be negative, got -0.1");
}

TEST(Optimizers, AScheduleRulesTheLearningRate) {
  const auto scheduled = sgd({.learning_rate = piecewise_constant({1}, {0.5, 0.25})});
  EXPECT_TRUE(scheduled->has_schedule());
  EXPECT_EQ(scheduled->learning_rate(), 0.5);
  scheduled->iterations = 2;
  EXPECT_EQ(scheduled->learning_rate(), 0.25);
  EXPECT_EQ(message_of([&] { scheduled->set_learning_rate(1); }),
            "the learning rate follows a schedule and cannot be set");
  const auto constant = sgd();
  constant->set_learning_rate(0.3);
  EXPECT_EQ(constant->learning_rate(), 0.3);
}

TEST(Optimizers, AnUnhealthyStepChangesNothing) {
  const auto optimizer = adam({.learning_rate = 0.1});
  const auto w = weight("w", 2);
  Steps steps(*optimizer, {w});
  steps.step(1);
  const auto slots = optimizer->slots({{w.get(), "w"}});
  ASSERT_EQ(slots.size(), 2u);
  const double w_before = w->read().at(0), m_before = slots[0].second->read().at(0),
               v_before = slots[1].second->read().at(0);
  EXPECT_NE(w_before, 2);
  EXPECT_NEAR(m_before, 0.1, 1e-7);
  steps.step(NAN, false);
  EXPECT_EQ(w->read().at(0), w_before);
  EXPECT_EQ(slots[0].second->read().at(0), m_before);
  EXPECT_EQ(slots[1].second->read().at(0), v_before);
}

TEST(Optimizers, SlotsAreNamedBySlotAndWeight) {
  const auto optimizer = adam({.amsgrad = true});
  const auto w = weight("kernel", 1), other = weight("kernel", 1);
  Steps steps(*optimizer, {w, other});
  std::vector<std::string> names;
  for (const auto& [name, slot] : optimizer->slots({{w.get(), "dense/kernel"}})) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"m/dense/kernel", "v/dense/kernel", "v_hat/dense/kernel"}));
}

TEST(Optimizers, AmsgradKeepsTheLargestSecondMoment) {
  const auto optimizer = adam({.learning_rate = 0.1, .amsgrad = true});
  const auto w = weight("w", 0);
  Steps steps(*optimizer, {w});
  steps.step(10);
  const auto slots = optimizer->slots({{w.get(), "w"}});
  const double largest = slots[2].second->read().at(0);
  for (int i = 0; i < 3; ++i) steps.step(0.01f);
  EXPECT_EQ(slots[2].second->read().at(0), largest);
  EXPECT_LT(slots[1].second->read().at(0), largest);
}

TEST(Optimizers, TheSameObjectGoesOnAndANewOneStartsAfresh) {
  const auto optimizer = sgd({.learning_rate = 1, .momentum = 0.5});
  const auto w = weight("w", 0);
  Steps(*optimizer, {w}).step(1);  // velocity -1
  Steps(*optimizer, {w}).step(1);  // velocity -1.5
  EXPECT_EQ(w->read().at(0), -2.5);
  const auto fresh = sgd({.learning_rate = 1, .momentum = 0.5});
  Steps(*fresh, {w}).step(1);
  EXPECT_EQ(w->read().at(0), -3.5);
}

TEST(Optimizers, WeightDecayIsZeroButForAdamw) {
  const auto after_a_step = [](const std::shared_ptr<Optimizer>& optimizer, const std::string& name) {
    const auto w = weight(name, 1);
    Steps(*optimizer, {w}).step(0);
    return w->read().at(0);
  };
  EXPECT_EQ(after_a_step(adam({.learning_rate = 0.5}), "kernel"), 1);
  EXPECT_FLOAT_EQ(static_cast<float>(after_a_step(adamw({.learning_rate = 0.5}), "kernel")), 1 - 0.5f * 0.004f);
  EXPECT_EQ(after_a_step(adamw({.learning_rate = 0.5, .weight_decay = 0}), "kernel"), 1);
  EXPECT_FLOAT_EQ(static_cast<float>(after_a_step(sgd({.learning_rate = 0.5, .weight_decay = 0.2}), "bias")), 0.9f);
  EXPECT_EQ(after_a_step(sgd({.learning_rate = 0.5, .weight_decay = {0.2, {"bias"}}}), "bias"), 1);
}

TEST(Schedules, RefuseWhatMakesNoSense) {
  EXPECT_EQ(message_of([] { exponential_decay(0.1, 0, 0.5); }),
            "[exponential_decay] decay_steps must be positive, got 0");
  EXPECT_EQ(message_of([] {
              piecewise_constant({1, 2}, {0.1, 0.2});
            }),
            "[piecewise_constant] takes one value more than boundaries, got 2 values and 2 boundaries");
  EXPECT_EQ(message_of([] {
              piecewise_constant({2, 1}, {0.1, 0.2, 0.3});
            }),
            "[piecewise_constant] the boundaries must ascend");
  EXPECT_EQ(message_of([] { cosine_decay(0.1, 10, {.warmup_steps = 5}); }),
            "[cosine_decay] warmup_steps and warmup_target go together, got 5 warm-up steps and no target");
}

}  // namespace
}  // namespace lamina
