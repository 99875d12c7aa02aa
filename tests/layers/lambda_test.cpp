// SPDX-License-Identifier: Apache-2.0
// Lambda: what its function is handed (one Value or the list, training, masks), and what becomes of the mask.
#include "layers/lambda.h"

#include <gtest/gtest.h>

#include "layers/lamina.h"
#include "tests/testing/expect_error.h"

namespace lamina {
namespace {

using testing::expect_error;

std::vector<float> floats(const HostTensor& tensor) { return {tensor.as<float>().begin(), tensor.as<float>().end()}; }

// Two rows of three tokens, of which 0 is padding.
Value tokens() { return Input({3}, {.name = "tokens", .dtype = DType::i32}); }
const HostTensor kTokens = HostTensor::of<int32_t>({2, 3}, {1, 2, 0, 3, 0, 0});

// Per step of the tokens, behind an Embedding that masks and then `lambda`: whether it counts, or -1 without a mask.
std::vector<float> counted_steps(const Lambda& lambda) {
  const Value x = tokens();
  const Lambda seen([](const Value& y, const LambdaCall& call) {
    const Value zeros_of_y = sum(y, {-1}) * 0.0;
    return call.mask().exists() ? zeros_of_y + cast(call.mask(), DType::f32) : zeros_of_y - 1.0;
  });
  Model model({x}, {seen(lambda(Embedding(4, 1, {.mask_zero = true})(x)))});
  return floats(model.predict(kTokens));
}

const std::vector<float> kNone(6, -1.0f);

TEST(Lambda, GetsOneValueOrTheListAsItWasPassed) {
  const Value x = Input({2}, {.name = "x"});
  const HostTensor data = HostTensor::of<float>({1, 2}, {3, 5});
  size_t handed = 0;
  const Lambda of_list([&](const std::vector<Value>& list) {
    handed = list.size();
    return list[0] * 2.0;
  });
  EXPECT_EQ(floats(Model({x}, {of_list({x})}).predict(data)), (std::vector<float>{6, 10}));
  EXPECT_EQ(handed, 1u);
  EXPECT_EQ(floats(Model({x}, {Lambda([](const auto& one) { return one + 1.0; })(x)}).predict(data)), (std::vector<float>{4, 6}));
}

TEST(Lambda, TellsItsFunctionWhetherTheStepTrains) {
  const Value x = Input({2}, {.name = "x"});
  const HostTensor data = HostTensor::of<float>({1, 2}, {3, 5});
  for (const Lambda& lambda : {Lambda([](const Value& v, const LambdaCall& call) { return call.training ? v * 10.0 : v; }, {.name = "l"}),
                               Lambda([](const std::vector<Value>& v, const LambdaCall& call) { return call.training ? v[0] * 10.0 : v[0]; },
                                      {.name = "l"})}) {
    Model model({x}, {lambda({x})});
    model.compile({.optimizer = sgd({.learning_rate = 0.0}), .loss = "identity", .device = "cpu"});
    EXPECT_EQ(*model.train_on_batch(data).get("loss"), 40);
    EXPECT_EQ(*model.evaluate(data).get("loss"), 4);
    EXPECT_EQ(floats(model.predict(data)), (std::vector<float>{3, 5}));
  }
}

TEST(Lambda, HandsEachInputsMaskToItsFunction) {
  const Value x = tokens();
  const Lambda masked([](const std::vector<Value>& v, const LambdaCall& call) {
    EXPECT_EQ(call.masks.size(), 2u);
    EXPECT_FALSE(call.masks[1].exists());
    return call.mask().exists() ? v[0] * cast(reshape(call.mask(), v[0].shape()), DType::f32) : v[0];
  });
  const Embedding ones_of(4, 1, {.embeddings_initializer = ones(), .mask_zero = true});
  Model model({x}, {Reshape({3})(masked({ones_of(x), cast(x, DType::f32)}))});
  EXPECT_EQ(floats(model.predict(kTokens)), (std::vector<float>{1, 1, 0, 1, 0, 0}));
}

TEST(Lambda, DropsTheMaskUnlessToldOtherwise) {
  EXPECT_EQ(counted_steps(Lambda([](const Value& x) { return x * 2.0; })), kNone);
  EXPECT_EQ(counted_steps(Lambda([](const Value& x) { return x; })), kNone);
}

TEST(Lambda, MakesAMaskOfTheInputsMask) {
  const LambdaOptions same{.mask = [](const Value& mask) { return mask; }};
  EXPECT_EQ(counted_steps(Lambda([](const Value& x) { return x * 2.0; }, same)), (std::vector<float>{1, 1, 0, 1, 0, 0}));
  EXPECT_EQ(counted_steps(Lambda([](const Value& x) { return x; }, same)), (std::vector<float>{1, 1, 0, 1, 0, 0}));
  const LambdaOptions other{.mask = [](const Value& mask) { return logical_not(mask); }};
  EXPECT_EQ(counted_steps(Lambda([](const Value& x) { return x; }, other)), (std::vector<float>{0, 0, 1, 0, 1, 1}));
}

TEST(Lambda, MakesAMaskOfItsInputs) {
  const LambdaOptions options{.name = "out", .mask = [](const std::vector<Value>& inputs, const std::vector<Value>& masks) {
    EXPECT_EQ(inputs.size(), masks.size());
    return cast(max(cast(not_equal(inputs[0], 0.0), DType::i32), {-1}), DType::boolean);
  }};
  const Value x = Input({2, 1}, {.name = "x"});
  Model model({x}, {Lambda([](const Value& v) { return v * 2.0; }, options)(x)});
  model.compile({.loss = "identity", .device = "cpu"});
  EXPECT_EQ(*model.evaluate(HostTensor::of<float>({2, 2, 1}, {0, 8, 4, 0})).get("loss"), 12);
}

TEST(Lambda, TakesAConstantMask) {
  const auto twice = [](const Value& x) { return x * 2.0; };
  for (const Extents& extents : {Extents{3}, Extents{1, 3}}) {
    const LambdaOptions constant{.mask = HostTensor::of<bool>(extents, {true, false, true})};
    EXPECT_EQ(counted_steps(Lambda(twice, constant)), (std::vector<float>{1, 0, 1, 1, 0, 1})) << extents;
  }
  const Value x = Input({2, 1}, {.name = "x", .batch_size = 2});
  const Lambda whole(twice, {.name = "out", .mask = HostTensor::of<bool>({2, 2}, {true, false, false, false})});
  Model model({x}, {whole(x)});
  model.compile({.loss = "identity", .device = "cpu"});
  EXPECT_EQ(*model.evaluate(HostTensor::of<float>({2, 2, 1}, {3, 5, 7, 9})).get("loss"), 6);
}

TEST(Lambda, RefusesAMaskThatIsNone) {
  const auto twice = [](const Value& x) { return x * 2.0; };
  const auto message = [](const std::string& mask) {
    return "[layer] node \"lambda/layer\": [Lambda] a constant mask " + mask +
           " does not go with the output (batch, 3, 1): it needs one boolean per step, as (time) or (batch, time)";
  };
  const auto call = [&](HostTensor mask) {
    return [=] { Lambda(twice, {.mask = mask})(Input({3, 1}, {.name = "x"})); };
  };
  expect_error(ErrorKind::model, message("bool (2,)"), call(HostTensor(DType::boolean, {2})));
  expect_error(ErrorKind::model, message("bool (2, 3)"), call(HostTensor(DType::boolean, {2, 3})));
  expect_error(ErrorKind::model, message("f32 (3,)"), call(HostTensor(DType::f32, {3})));
  expect_error(ErrorKind::model, "[layer] node \"lambda/layer\": [Lambda] the mask must be boolean, got f32(batch, 3, 1)",
               [&] { Lambda(twice, {.mask = [](const std::vector<Value>& x, const std::vector<Value>&) { return x[0]; }})(Input({3, 1})); });
}

}  // namespace
}  // namespace lamina
