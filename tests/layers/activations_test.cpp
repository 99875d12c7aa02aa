// SPDX-License-Identifier: Apache-2.0
// Activations by name and as functions. Their numbers against Keras stand with the layers that use them; here are those
// that no golden file has, and the border cases.
#include "layers/activations.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/graph/pointwise.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

std::vector<float> applied(const ActivationFunction& activation, const std::vector<float>& x) {
  const HostTensor input = HostTensor::of<float>({1, static_cast<int64_t>(x.size())}, x);
  const Value y = activation(input_value("x", DType::f32, input.extents()));
  const HostTensor result =
      testing::run_values(std::vector<Value>{y}, {{"x", input}}, testing::plan_options(DeviceKind::cpu)).front();
  return {result.as<float>().begin(), result.as<float>().end()};
}

TEST(Activations, HoldTheirFormulas) {
  using Values = std::vector<float>;
  EXPECT_EQ(applied("linear", {-1, 2}), (Values{-1, 2}));
  EXPECT_EQ(applied("relu", {-1, 2}), (Values{0, 2}));
  EXPECT_EQ(applied("relu6", {-1, 2, 7}), (Values{0, 2, 6}));
  EXPECT_EQ(applied("leaky_relu", {-1, 2}), (Values{-0.2f, 2}));
  EXPECT_EQ(applied("hard_sigmoid", {-3, 0, 1.5f, 3}), (Values{0, 0.5f, 0.75f, 1}));
  EXPECT_EQ(applied("hard_sigmoid_k2", {-2.5f, 0, 1.25f, 2.5f}), (Values{0, 0.5f, 0.75f, 1}));
  EXPECT_EQ(applied("softmax", {3, 3}), (Values{0.5f, 0.5f}));
  EXPECT_FLOAT_EQ(applied("exponential", {2})[0], std::exp(2.0f));
  EXPECT_FLOAT_EQ(applied("elu", {-2})[0], std::expm1(-2.0f));
  EXPECT_EQ(applied("swish", {1.5f}), applied("silu", {1.5f}));
  EXPECT_NE(applied("gelu", {1.5f}), applied("gelu_tanh", {1.5f}));
}

TEST(Activations, AreNamesOrFunctions) {
  EXPECT_EQ(ActivationFunction().name(), "linear");
  EXPECT_EQ(ActivationFunction(std::string("tanh")).name(), "tanh");
  const ActivationFunction own = [](const Value& x) { return 3.0 * x; };
  EXPECT_EQ(own.name(), "function");
  EXPECT_EQ(applied(own, {2}), (std::vector<float>{6}));
}

TEST(Activations, AnUnknownNameGetsTheNearest) {
  try {
    ActivationFunction("sigmod");
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()),
              "Could not interpret activation function identifier: sigmod (did you mean 'sigmoid'?)");
  }
}

}  // namespace
}  // namespace lamina
