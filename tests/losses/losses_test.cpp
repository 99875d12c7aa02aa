// SPDX-License-Identifier: Apache-2.0
// What the losses do besides their formulas: names, types, logits behind probabilities, and the borders of a
// definition.
#include "losses/losses.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/compile/bind_losses.h"
#include "core/compile/build_gradients.h"
#include "core/graph/reduce.h"
#include "kernels/softmax/softmax.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

const TensorType kColumn{DType::f32, {Dim::symbol("batch"), 1}};
const TensorType kClasses{DType::f32, {Dim::symbol("batch"), 3}};

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    return error.what();
  }
  return "nothing was thrown";
}

HostTensor row(const std::vector<float>& values) {
  return HostTensor::of<float>({1, static_cast<int64_t>(values.size())}, values);
}

Value input_like(const std::string& name, const HostTensor& tensor) {
  return input_value(name, tensor.dtype(), tensor.extents());
}

struct Result {
  HostTensor values;
  HostTensor gradient;  // of the sum of the values, with respect to x
};

// The loss of y_pred = prediction(x) on cpu.
Result result_of(
    const Loss& loss, const HostTensor& y_true, const HostTensor& x,
    const std::function<Value(const Value&)>& prediction = [](const Value& value) { return value; }) {
  const Value input = input_like("x", x);
  const Value values = loss.function(input_like("y", y_true), prediction(input));
  const auto gradients =
      build_gradients(std::vector<Value>{values}, std::vector<Value>{Value()}, std::vector<Value>{input});
  const auto results = testing::run_values(std::vector<Value>{values, gradients[0]}, {{"y", y_true}, {"x", x}},
                                           testing::plan_options(DeviceKind::cpu));
  return {results[0], results[1]};
}

TEST(Losses, KeepTheNameTheyWereAskedBy) {
  for (const std::string& name : losses::names()) EXPECT_EQ(losses::from_name(name, kClasses).name, name);
  for (const char* name : {"mse", "MSE", "mean_squared_error", "MeanSquaredError", "bce", "KLD", "LogCosh", "CE"}) {
    EXPECT_EQ(losses::from_name(name, kClasses).name, name);
  }
}

TEST(Losses, CrossentropyIsChosenByTheNumberOfColumns) {
  EXPECT_FALSE(losses::from_name("crossentropy", kColumn).target);
  ASSERT_TRUE(losses::from_name("ce", kClasses).target);
  EXPECT_EQ(losses::from_name("ce", kClasses).target(kClasses), (TensorType{DType::i32, {Dim::symbol("batch")}}));
}

TEST(Losses, AnUnknownNameGetsTheNearest) {
  EXPECT_EQ(message_of([] { losses::from_name("msee", kColumn); }),
            "Could not interpret loss identifier: msee (did you mean 'mse'?)");
  EXPECT_EQ(message_of([] { losses::from_name("binary_crosentropy", kColumn); }),
            "Could not interpret loss identifier: binary_crosentropy (did you mean 'binary_crossentropy'?)");
  EXPECT_EQ(message_of([] { losses::from_name("zzzzzz", kColumn); }), "Could not interpret loss identifier: zzzzzz");
}

TEST(Losses, RefuseOptionsThatMakeNoSense) {
  EXPECT_EQ(message_of([] { losses::huber(0); }), "[huber] delta must be positive, got 0");
  EXPECT_EQ(message_of([] { losses::binary_crossentropy({.label_smoothing = 1.5}); }),
            "[binary_crossentropy] label_smoothing must be within [0, 1], got 1.5");
  EXPECT_EQ(message_of([] { losses::categorical_crossentropy({.label_smoothing = -1}); }),
            "[categorical_crossentropy] label_smoothing must be within [0, 1], got -1");
}

TEST(Losses, RefuseShapesThatDoNotGoTogether) {
  const Value vector = input_value("v", DType::f32, {4}), cube = input_value("c", DType::f32, {4, 3, 2});
  EXPECT_EQ(message_of([&] { losses::mse().function(vector, cube); }),
            "[mse] y_true (4,) and y_pred (4, 3, 2) have different ranks");
  const Value scalar = input_value("s", DType::f32, Shape{});
  EXPECT_EQ(message_of([&] { losses::mae().function(scalar, scalar); }),
            "[mae] y_pred is a scalar; a loss over its last axis needs one axis or more");
  EXPECT_EQ(message_of([&] { losses::sparse_categorical_crossentropy().function(cube, cube); }),
            "[sparse_categorical_crossentropy] labels of shape (4, 3, 2) do not go with y_pred of shape (4, 3, 2): "
            "expected one label "
            "per row of classes");
  for (const bool from_logits : {false, true}) {
    const Loss sparse = losses::sparse_categorical_crossentropy({.from_logits = from_logits});
    EXPECT_EQ(message_of([&] { sparse.function(scalar, scalar); }),
              "[sparse_categorical_crossentropy] y_pred is a scalar; it needs an axis of classes");
    EXPECT_EQ(message_of([&] { sparse.target(scalar.type()); }),
              "whole-number labels need a y_pred with an axis of classes, got a scalar");
  }
  const Value symbolic = input_value("p", DType::f32, {4, Dim::symbol("classes")});
  EXPECT_EQ(message_of([&] { losses::sparse_categorical_crossentropy().function(vector, symbolic); }),
            "[sparse_categorical_crossentropy] the number of classes must be known, y_pred has shape (4, classes)");
}

TEST(Losses, TwoVectorsGiveOneLossPerSample) {
  const Result result =
      result_of(losses::mse(), HostTensor::of<float>({3}, {0, 0, 0}), HostTensor::of<float>({3}, {1, 2, 3}));
  EXPECT_EQ(result.values.extents(), Extents{3});
  EXPECT_EQ(result.values.at(2), 9);
}

TEST(Losses, AVectorAgainstAColumnIsOneLossPerSample) {
  const HostTensor vector = HostTensor::of<float>({2}, {0.5f, 0.5f}),
                   column = HostTensor::of<float>({2, 1}, {0.25f, 0.125f});
  for (const Loss& loss : {losses::mae(), losses::kl_divergence(), losses::cosine_similarity()}) {
    EXPECT_EQ(result_of(loss, vector, column).values.extents(), Extents{2}) << loss.name;
    EXPECT_EQ(result_of(loss, column, vector).values.extents(), Extents{2}) << loss.name;
  }
}

TEST(Losses, SixteenBitPredictionsAreComparedInF32) {
  // 1 and 1.001 are the same number in bf16; the loss sees the difference because y_true stays f32.
  const HostTensor y_true = row({1.001f, 0.5f}), y_pred = row({1.0f, 0.5f}).cast(DType::bf16);
  const Result result = result_of(losses::mae(), y_true, y_pred);
  EXPECT_EQ(result.values.dtype(), DType::f32);
  EXPECT_NEAR(result.values.at(0), 0.0005, 1e-7);
  EXPECT_EQ(result.gradient.dtype(), DType::bf16);
}

TEST(Losses, BinaryCrossentropySeesTheLogitsBehindASigmoid) {
  // s(200) is 1 in f32: from the probability alone the loss would be clipped and the gradient gone.
  const auto through_bf16 = [](const Value& x) { return cast(cast(sigmoid(x), DType::bf16), DType::f32); };
  for (const auto& prediction : {std::function<Value(const Value&)>([](const Value& x) { return sigmoid(x); }),
                                 std::function<Value(const Value&)>(through_bf16)}) {
    const Result result = result_of(losses::binary_crossentropy(), row({0}), row({200}), prediction);
    EXPECT_EQ(result.values.at(0), 200);
    EXPECT_EQ(result.gradient.at(0), 1);
  }
  const Result clipped = result_of(losses::binary_crossentropy(), row({0}), row({1}));
  EXPECT_NEAR(clipped.values.at(0), 15.94, 0.1);
  EXPECT_EQ(clipped.gradient.at(0), 0);
}

TEST(Losses, CategoricalCrossentropiesSeeTheLogitsBehindASoftmax) {
  const auto prediction = [](const Value& x) { return softmax(x, -1); };
  const HostTensor logits = row({100, -100, 0});
  const Result dense = result_of(losses::categorical_crossentropy(), row({0, 1, 0}), logits, prediction);
  const Result sparse =
      result_of(losses::sparse_categorical_crossentropy(), HostTensor::of<int32_t>({1}, {1}), logits, prediction);
  for (const Result& result : {dense, sparse}) {
    EXPECT_EQ(result.values.at(0), 200);
    EXPECT_EQ(result.gradient.at(0), 1);
    EXPECT_EQ(result.gradient.at(1), -1);
  }
}

TEST(Losses, ASoftmaxOverAnotherAxisIsNotLookedBehind) {
  const auto over_rows = [](const Value& x) { return softmax(x, 0); };
  const HostTensor x = HostTensor::of<float>({2, 2}, {0, 1, 2, 3});
  const Result result =
      result_of(losses::categorical_crossentropy(), HostTensor::of<float>({2, 2}, {1, 0, 1, 0}), x, over_rows);
  // Each column is (0.119, 0.881), so that in each row both classes are equally likely.
  EXPECT_NEAR(result.values.at(0), std::log(2.0), 1e-6);
  EXPECT_NEAR(result.values.at(1), std::log(2.0), 1e-6);
}

TEST(Losses, ALabelOutsideTheClassesGivesNaNAndNoGradient) {
  const HostTensor scores = HostTensor::of<float>({3, 2}, {1, 2, 1, 2, 1, 2});
  const Result result = result_of(losses::sparse_categorical_crossentropy({.from_logits = true}),
                                  HostTensor::of<int32_t>({3}, {-1, 2, 1}), scores);
  EXPECT_TRUE(std::isnan(result.values.at(0)));
  EXPECT_TRUE(std::isnan(result.values.at(1)));
  EXPECT_NEAR(result.values.at(2), std::log1p(std::exp(-1.0)), 1e-6);
  for (int64_t i = 0; i < 4; ++i) EXPECT_EQ(result.gradient.at(i), 0);
}

TEST(Losses, AClassThatIsImpossibleAndNotTheLabelCostsNothing) {
  const Result result = result_of(losses::sparse_categorical_crossentropy({.from_logits = true}),
                                  HostTensor::of<int32_t>({1}, {0}), row({2, -INFINITY}));
  EXPECT_EQ(result.values.at(0), 0);
}

TEST(Losses, TheCosineOfNothingIsZeroWithAFiniteGradient) {
  const Result result = result_of(losses::cosine_similarity(), row({1, 2}), row({0, 0}));
  EXPECT_EQ(result.values.at(0), 0);
  for (int64_t i = 0; i < 2; ++i) EXPECT_TRUE(std::isfinite(result.gradient.at(i)));
}

TEST(Losses, LogCoshOfLargeErrorsDoesNotOverflow) {
  const Result result = result_of(losses::log_cosh(), row({0, 0}), row({1000, -1000}));
  EXPECT_NEAR(result.values.at(0), 1000 - std::log(2.0), 1e-3);
  EXPECT_NEAR(result.gradient.at(0), 0.5, 1e-6);
  EXPECT_NEAR(result.gradient.at(1), -0.5, 1e-6);
}

TEST(Losses, ServeAsLossAndByNameAlike) {
  const std::vector<ModelOutput> outputs = {{"out", input_value("p", DType::f32, {Dim::symbol("batch"), 3})}};
  for (const Losses& form :
       {Losses("sparse_categorical_crossentropy"), Losses(losses::sparse_categorical_crossentropy())}) {
    const BoundLosses bound = bind_losses(outputs, {.losses = form, .resolve = losses::from_name});
    EXPECT_EQ(bound.bindings[0].loss, "sparse_categorical_crossentropy");
    EXPECT_EQ(bound.bindings[0].target, (TensorType{DType::i32, {Dim::symbol("batch")}}));
  }
  const BoundLosses identity = bind_losses(outputs, {.losses = "identity", .resolve = losses::from_name});
  EXPECT_FALSE(identity.bindings[0].needs_target);
}

}  // namespace
}  // namespace lamina
