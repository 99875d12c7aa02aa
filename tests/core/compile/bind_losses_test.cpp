// SPDX-License-Identifier: Apache-2.0
// Every form of `.loss =` and `.loss_weights =`, what they bind to, and the text of every mistake.
#include "core/compile/bind_losses.h"

#include <gtest/gtest.h>

#include <sstream>

#include "core/compile/build_gradients.h"
#include "core/graph/reduce.h"
#include "core/graph/reshape.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

Value squared_difference(const Value& y_true, const Value& y_pred) { return square(y_true - y_pred); }
Value passthrough(const Value&, const Value& y_pred) { return y_pred; }

// Every form converts to what the option holds, as it is written in compile({.loss = ...}).
struct Options {
  Losses loss = {};
  LossWeights loss_weights = {};
};
using Form = Losses::Form;

static_assert(std::is_convertible_v<const char*, Losses>);
static_assert(std::is_convertible_v<std::string, Losses>);
static_assert(std::is_convertible_v<Loss, Losses>);
static_assert(std::is_convertible_v<NoLoss, Losses>);
static_assert(std::is_convertible_v<std::nullptr_t, Losses>);
static_assert(std::is_convertible_v<decltype(&passthrough), Losses>);
static_assert(std::is_convertible_v<LossFunction, Losses>);
static_assert(!std::is_convertible_v<int, Losses>);
static_assert(!std::is_convertible_v<double (*)(double), Losses>);
static_assert(!std::is_convertible_v<std::function<Value(const Value&)>, Losses>);

const auto kLambda = [](const Value&, const Value& y_pred) { return y_pred; };
static_assert(std::is_convertible_v<decltype(kLambda), Losses>);

std::vector<ModelOutput> two_outputs() {
  return {{"main", input_value("main_value", DType::f32, {Dim::symbol("batch"), 1})},
          {"aux", input_value("aux_value", DType::f32, {Dim::symbol("batch"), 2})}};
}
std::vector<ModelOutput> one_output() { return {two_outputs().front()}; }

// Stands for losses/: core knows no loss by name.
Loss resolve(const std::string& name, const TensorType& y_pred) {
  if (name == "mse") return {"mse", squared_difference};
  if (name == "mae") return {"mae", [](const Value& t, const Value& p) { return abs(t - p); }};
  if (name == "labels") {
    const auto labels = [](const TensorType& type) {
      return TensorType{DType::i32, type.shape.without_axis(type.shape.rank() - 1)};
    };
    return {"labels", [](const Value& t, const Value& p) { return cast(t, DType::f32) * mean(p, {-1}); }, labels};
  }
  throw Error(ErrorKind::model, text("Could not interpret loss identifier: ", name, " for ", y_pred));
}

BoundLosses bound(const std::vector<ModelOutput>& outputs, const Losses& losses, const LossWeights& weights = {}) {
  return bind_losses(outputs, {.losses = losses, .weights = weights, .resolve = resolve});
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    return error.what();
  }
  return "nothing was thrown";
}
std::string mistake(const Losses& losses, const LossWeights& weights = {}) {
  return message_of([&] { bound(two_outputs(), losses, weights); });
}

std::string printed(const BoundLosses& losses) {
  std::ostringstream out;
  print_bindings(losses, out);
  return out.str();
}

TEST(Losses, EveryFormIsToldFromTheOthers) {
  EXPECT_EQ(Options{}.loss.form(), Form::none);
  EXPECT_EQ((Options{.loss = {}}.loss.form()), Form::none);
  EXPECT_EQ((Options{.loss = no_loss}.loss.form()), Form::none);
  EXPECT_EQ((Options{.loss = nullptr}.loss.form()), Form::none);
  EXPECT_EQ((Options{.loss = "mse"}.loss.form()), Form::one);
  EXPECT_EQ((Options{.loss = std::string("mse")}.loss.form()), Form::one);
  EXPECT_EQ((Options{.loss = passthrough}.loss.form()), Form::one);
  EXPECT_EQ((Options{.loss = &passthrough}.loss.form()), Form::one);
  EXPECT_EQ((Options{.loss = kLambda}.loss.form()), Form::one);
  EXPECT_EQ((Options{.loss = [](Value, Value y_pred) { return y_pred; }}.loss.form()), Form::one);
  EXPECT_EQ((Options{.loss = Loss{"own", passthrough}}.loss.form()), Form::one);
  EXPECT_EQ((Options{.loss = {"mse", "mae"}}.loss.form()), Form::list);
  EXPECT_EQ((Options{.loss = {"mse", kLambda}}.loss.form()), Form::list);
  EXPECT_EQ((Options{.loss = {kLambda, passthrough, no_loss}}.loss.form()), Form::list);
  EXPECT_EQ((Options{.loss = {{"a", "mse"}}}.loss.form()), Form::dict);
  EXPECT_EQ((Options{.loss = {{"a", kLambda}}}.loss.form()), Form::dict);
  EXPECT_EQ((Options{.loss = {{"a", passthrough}}}.loss.form()), Form::dict);
  EXPECT_EQ((Options{.loss = {{"a", [](Value, Value y_pred) { return y_pred; }}}}.loss.form()), Form::dict);
  EXPECT_EQ((Options{.loss = {{"a", "mse"}, {"b", no_loss}}}.loss.form()), Form::dict);
  EXPECT_EQ((Options{.loss = {{"a", "mse"}, {"b", "mae"}}}.loss.form()), Form::dict);
  EXPECT_EQ(Losses::by_name({{"a", "mse"}}).form(), Form::dict);
}

TEST(Losses, AListOfOneNameIsAListAndADictOfOneIsADict) {
  const Losses list = {"mse"}, dict = {{"a", "mse"}};
  EXPECT_EQ(list.entries().size(), 1u);
  EXPECT_EQ(list.entries()[0].loss.name(), "mse");
  EXPECT_EQ(dict.entries()[0].output, "a");
  EXPECT_EQ(dict.entries()[0].loss.name(), "mse");
}

TEST(Losses, WeightsAreANumberAListOrADict) {
  using Weights = LossWeights::Form;
  EXPECT_EQ((Options{.loss_weights = 0.5}.loss_weights.form()), Weights::one);
  EXPECT_EQ((Options{.loss_weights = 2}.loss_weights.form()), Weights::one);
  EXPECT_EQ((Options{.loss_weights = {0.5}}.loss_weights.form()), Weights::list);
  EXPECT_EQ((Options{.loss_weights = {1.0, 0.2}}.loss_weights.form()), Weights::list);
  EXPECT_EQ((Options{.loss_weights = {1, 0.2}}.loss_weights.form()), Weights::list);
  EXPECT_EQ((Options{.loss_weights = {{"main", 1.0}, {"aux", 0.2}}}.loss_weights.form()), Weights::dict);
  EXPECT_EQ((Options{.loss_weights = {{"main", 1.0}}}.loss_weights.form()), Weights::dict);
  EXPECT_TRUE(Options{}.loss_weights.entries().empty());
}

TEST(BindLosses, OneLossStandsForEveryOutput) {
  for (const Losses& losses : {Losses("mse"), Losses(squared_difference), Losses(Loss{"own", squared_difference})}) {
    const BoundLosses both = bound(two_outputs(), losses);
    ASSERT_EQ(both.bindings.size(), 2u);
    for (const LossBinding& binding : both.bindings) EXPECT_TRUE(binding.trained && binding.needs_target);
    EXPECT_EQ(both.bindings[1].target.shape, two_outputs()[1].value.shape());
  }
}

TEST(BindLosses, AListGoesByOrderAndADictByName) {
  EXPECT_EQ(bound(two_outputs(), {"mse", "mae"}).bindings[1].loss, "mae");
  const BoundLosses dict = bound(two_outputs(), {{"aux", "mae"}, {"main", "mse"}});
  EXPECT_EQ(dict.bindings[0].output, "main");
  EXPECT_EQ(dict.bindings[0].loss, "mse");
  EXPECT_EQ(dict.bindings[1].loss, "mae");
}

TEST(BindLosses, AnOutputWithoutLossIsNotTrained) {
  for (const Losses& losses :
       {Losses{{"main", "mse"}, {"aux", no_loss}}, Losses{"mse", no_loss}, Losses{"mse", nullptr}}) {
    const BoundLosses both = bound(two_outputs(), losses);
    EXPECT_TRUE(both.bindings[0].trained);
    EXPECT_FALSE(both.bindings[1].trained);
    EXPECT_FALSE(both.bindings[1].needs_target);
    EXPECT_TRUE(both.total.same_as(both.bindings[0].value));
  }
}

TEST(BindLosses, TheIdentityLossNeedsNoTarget) {
  const BoundLosses losses = bound(one_output(), [](Value, Value y_pred) { return y_pred; });
  EXPECT_FALSE(losses.bindings[0].needs_target);
  EXPECT_EQ(losses.bindings[0].loss, "identity");
  EXPECT_EQ(printed(losses), "loss binding: main (None, 1) <- identity (passthrough, needs no y), weight 1\n");

  const std::vector<Value> roots = {losses.total};
  for (const auto& node : topological_order(roots)) {
    EXPECT_TRUE(node->op != &input_op() || input_of(*node).name != target_input("main"))
        << "the target input was not pruned";
  }
  // The value is the mean of the output, the gradient 1 / numel.
  const Value output = input_value("main_value", DType::f32, {4, 1});
  const BoundLosses concrete = bound({{"main", output}}, passthrough);
  const auto gradients =
      build_gradients(std::vector<Value>{concrete.total}, std::vector<Value>{Value()}, std::vector<Value>{output});
  const auto results = testing::run_values(std::vector<Value>{concrete.total, gradients[0]},
                                           {{"main_value", HostTensor::of<float>({4, 1}, {1, 2, 3, 6})}},
                                           testing::plan_options(DeviceKind::cpu));
  EXPECT_EQ(results[0].at(0), 3.0);
  for (int64_t i = 0; i < 4; ++i) EXPECT_EQ(results[1].at(i), 0.25);
}

TEST(BindLosses, ALossThatIgnoresTheTargetNeedsNone) {
  const BoundLosses losses = bound(one_output(), [](const Value&, const Value& y_pred) { return square(y_pred); });
  EXPECT_FALSE(losses.bindings[0].needs_target);
  EXPECT_EQ(losses.bindings[0].loss, "function");
}

TEST(BindLosses, AScalarLossPassesAndOthersAreAveraged) {
  const Value output = input_value("y", DType::f32, {2, 2});
  const HostTensor y = HostTensor::of<float>({2, 2}, {1, 2, 3, 4});
  const auto value_of = [&](const LossFunction& function) {
    const BoundLosses losses = bound({{"out", output}}, function);
    EXPECT_EQ(losses.total.shape().rank(), 0);
    return testing::run_values(std::vector<Value>{losses.total}, {{"y", y}}, testing::plan_options(DeviceKind::cpu))[0]
        .at(0);
  };
  EXPECT_EQ(value_of([](const Value&, const Value& p) { return sum(p); }), 10);
  EXPECT_EQ(value_of([](const Value&, const Value& p) { return p; }), 2.5);
  EXPECT_EQ(value_of([](const Value&, const Value& p) { return sum(p, {1}); }), 5);
}

TEST(BindLosses, TheTargetMayHaveAnotherTypeThanTheOutput) {
  const LossBinding binding = bound(two_outputs(), {"mse", "labels"}).bindings[1];
  EXPECT_EQ(binding.target, (TensorType{DType::i32, {Dim::symbol("batch")}}));
  EXPECT_TRUE(binding.needs_target);
}

TEST(BindLosses, SixteenBitOutputsAreComparedInF32) {
  const Value output = input_value("y", DType::bf16, {4, 1});
  TensorType seen_target, seen_prediction;
  const BoundLosses losses = bound({{"out", output}}, [&](const Value& y_true, const Value& y_pred) {
    seen_target = y_true.type(), seen_prediction = y_pred.type();
    return squared_difference(y_true, y_pred);
  });
  EXPECT_EQ(seen_target.dtype, DType::f32);
  EXPECT_EQ(seen_prediction.dtype, DType::f32);
  EXPECT_EQ(losses.bindings[0].target.dtype, DType::f32);
  EXPECT_EQ(losses.total.dtype(), DType::f32);
  EXPECT_EQ(bound({{"out", output}}, passthrough).bindings[0].loss, "identity");
}

TEST(BindLosses, WeightsScaleTheTotalAndNotThePart) {
  const Feed feed = {{"main_value", HostTensor::of<float>({2, 1}, {1, 3})},
                     {"aux_value", HostTensor::of<float>({2, 2}, {10, 20, 30, 40})}};
  const auto total_of = [&](const LossWeights& weights) {
    const BoundLosses losses = bound(two_outputs(), passthrough, weights);
    const auto results =
        testing::run_values(std::vector<Value>{losses.bindings[0].value, losses.bindings[1].value, losses.total}, feed,
                            testing::plan_options(DeviceKind::cpu));
    EXPECT_EQ(results[0].at(0), 2);
    EXPECT_EQ(results[1].at(0), 25);
    return results[2].at(0);
  };
  EXPECT_EQ(total_of({}), 27);
  EXPECT_EQ(total_of({0.5, 2.0}), 51);
  EXPECT_EQ(total_of({{"aux", 2.0}, {"main", 0.5}}), 51);
  EXPECT_EQ(total_of({{"aux", 2.0}}), 52) << "a missing weight is 1";
}

TEST(BindLosses, OneNumberWeighsTheOnlyOutput) {
  EXPECT_EQ(bound(one_output(), passthrough, 0.25).bindings[0].weight, 0.25);
  EXPECT_EQ(bound(one_output(), passthrough, {0.25}).bindings[0].weight, 0.25);
  EXPECT_EQ(mistake("mse", 0.25),
            "`loss_weights` is one number, but the model has the outputs ['main', 'aux']; give a list with one weight per "
            "output, or weights by name.");
}

TEST(BindLosses, SampleWeightsAreInputsOfTheirRank) {
  const Value output = input_value("y", DType::f32, {Dim::symbol("batch"), 3, 2});
  LossBindingOptions options{.losses = [](const Value&, const Value& p) { return mean(p, {-1}); }, .resolve = resolve};
  for (const int rank : {1, 2}) {
    options.sample_weight_ranks["out"] = rank;
    Graph graph;
    graph.loss = bind_losses({{"out", output}}, options).total;
    const auto nodes = graph.nodes();
    const auto weight = std::find_if(nodes.begin(), nodes.end(), [](const auto& node) {
      return node->op == &input_op() && input_of(*node).name == "out/sample_weight";
    });
    ASSERT_NE(weight, nodes.end());
    EXPECT_EQ(input_of(**weight).shape.rank(), rank);
  }
  options.sample_weight_ranks["out"] = 4;
  EXPECT_EQ(message_of([&] {
              bind_losses({{"out", output}}, options);
            }),
            "[loss] output \"out\": sample weights of 4 axes for an output of shape (batch, 3, 2)");
  options.sample_weight_ranks["out"] = 1;
  options.losses = [](const Value&, const Value& p) { return mean(p); };
  EXPECT_EQ(message_of([&] {
              bind_losses({{"out", output}}, options);
            }),
            "[loss] node \"loss/out\": sample weights of shape (batch,) for a loss of shape (); the loss function must "
            "not average over "
            "samples that are weighted");
}

TEST(BindLosses, AFullyMaskedOutputHasLossZero) {
  const Value output = input_value("y", DType::f32, {2, 2}), mask = input_value("mask", DType::boolean, {2, 2});
  const BoundLosses losses = bound({{"out", output, mask}}, passthrough);
  const auto results = testing::run_values(
      std::vector<Value>{losses.total},
      {{"y", HostTensor::of<float>({2, 2}, {1, 2, 3, 4})}, {"mask", HostTensor(DType::boolean, {2, 2})}},
      testing::plan_options(DeviceKind::cpu));
  EXPECT_EQ(results[0].at(0), 0);
}

TEST(BindLosses, ListsOfAnotherLengthAreRefused) {
  EXPECT_EQ(mistake({"mse"}),
            "When passing a list as loss, it should have one entry per model outputs. The model has 2 outputs, but you "
            "passed loss=['mse']");
  EXPECT_EQ(mistake({"mse", kLambda, no_loss}),
            "When passing a list as loss, it should have one entry per model outputs. The model has 2 outputs, but you "
            "passed "
            "loss=['mse', <function>, None]");
  EXPECT_EQ(mistake("mse", {1.0}),
            "When passing a list as loss_weights, it should have one entry per model outputs. The model has 2 outputs, but "
            "you passed loss_weights=[1]");
  EXPECT_EQ(mistake("mse", {1.0, 0.5, 2.0}),
            "When passing a list as loss_weights, it should have one entry per model outputs. The model has 2 outputs, but "
            "you passed loss_weights=[1, 0.5, 2]");
}

TEST(BindLosses, UnknownNamesAreRefusedWithTheNearest) {
  EXPECT_EQ(mistake({{"main", "mse"}, {"auks", "mse"}}),
            "Unknown entry in loss dictionary: \"auks\". Only expected the following keys: ['main', 'aux']; given were "
            "['main', 'auks'] (did you mean 'aux'?)");
  EXPECT_EQ(mistake({{"yolo_loss", "mse"}}),
            "Unknown entry in loss dictionary: \"yolo_loss\". Only expected the following keys: ['main', 'aux']; given were "
            "['yolo_loss']");
  EXPECT_EQ(mistake("mse", {{"mian", 1.0}}),
            "Unknown entry in loss_weights dictionary: \"mian\". Only expected the following keys: ['main', 'aux'] "
            "(did you mean 'main'?)");
}

TEST(BindLosses, MissingNamesAreRefused) {
  EXPECT_EQ(mistake({{"main", "mse"}}),
            "Output \"aux\" missing from loss dictionary. Expected keys ['main', 'aux'] in loss dict, but found "
            "loss.keys()=['main']. Write no_loss for an output that is not to be trained.");
}

TEST(BindLosses, NamesGivenTwiceAreRefused) {
  EXPECT_EQ(mistake({{"main", "mse"}, {"main", "mae"}}),
            "The loss dictionary names \"main\" twice. The model has the outputs ['main', 'aux']");
  EXPECT_EQ(mistake("mse", {{"aux", 1.0}, {"aux", 2.0}}), "The loss_weights dictionary names \"aux\" twice.");
  const Value value = one_output().front().value;
  EXPECT_EQ(message_of([&] {
              bound({{"a", value}, {"a", value}}, "mse");
            }),
            "The output name \"a\" is used twice: a loss could not be bound to one of them. The outputs are ['a', "
            "'a']; give the model "
            "distinct output names.");
}

TEST(BindLosses, NothingToTrainIsRefused) {
  const std::string text = "No loss to compute. Provide a `loss` argument in `compile()`.";
  EXPECT_EQ(mistake({}), text);
  EXPECT_EQ(mistake(no_loss), text);
  EXPECT_EQ(mistake(nullptr), text);
  EXPECT_EQ(mistake({no_loss, no_loss}), text);
  EXPECT_EQ(mistake({{"main", no_loss}, {"aux", nullptr}}), text);
}

TEST(BindLosses, AnUnknownLossIsTheResolversError) {
  EXPECT_EQ(mistake("msee"), "Could not interpret loss identifier: msee for f32(batch, 1)");
}

TEST(BindLosses, WhatAFunctionReturnsIsChecked) {
  EXPECT_EQ(mistake([](const Value&, const Value&) { return Value(); }),
            "[loss] output \"main\": the loss function returned no Value");
  EXPECT_EQ(mistake([](const Value& t, const Value& p) { return equal(t, p); }),
            "[loss] output \"main\": the loss is bool; a loss must be floating point, use cast(x, DType::f32)");
}

TEST(BindLosses, AWrongShapeIsNamedByTheNodeOfItsLoss) {
  const std::string message = mistake([](const Value& t, const Value& p) {
    return t - reshape(p, {Dim::symbol("batch"), 1, 7});
  });
  EXPECT_NE(message.find("loss/main"), std::string::npos) << message;
}

TEST(BindLosses, TheTableShowsEveryOutput) {
  EXPECT_EQ(printed(bound(two_outputs(), {{"main", "mse"}, {"aux", no_loss}}, {{"main", 0.2}})),
            "loss binding: main (None, 1) <- mse (needs y), weight 0.2\n"
            "loss binding: aux (None, 2) <- None (not trained, needs no y)\n");
}

TEST(BindLosses, TheTableNamesWhoReadsYWhereItIsNotTheLoss) {
  BoundLosses losses = bound(two_outputs(), {{"main", passthrough}, {"aux", no_loss}});
  for (LossBinding& binding : losses.bindings) binding.needs_target = true, binding.target_reader = "metric mae";
  EXPECT_EQ(printed(losses),
            "loss binding: main (None, 1) <- identity (passthrough, needs y for the metric mae), weight 1\n"
            "loss binding: aux (None, 2) <- None (not trained, needs y for the metric mae)\n");
}

TEST(BindLosses, PartsAreReportedWhereThereAreSeveral) {
  EXPECT_EQ(reported_parts(bound(two_outputs(), "mse")), (std::vector<std::string>{"main_loss", "aux_loss"}));
  EXPECT_TRUE(reported_parts(bound(two_outputs(), {"mse", no_loss})).empty());
  EXPECT_TRUE(reported_parts(bound(one_output(), "mse")).empty());
}

TEST(BindLosses, GraphInputsAreShownAsUsersKnowThem) {
  EXPECT_EQ(shown_input("x"), "input 'x'");
  EXPECT_EQ(shown_input(target_input("main")), "y of output 'main'");
  EXPECT_EQ(shown_input(sample_weight_input("main")), "sample_weight of output 'main'");
}

}  // namespace
}  // namespace lamina
