// SPDX-License-Identifier: Apache-2.0
// What neither op cases nor golden numbers say of lstm: recurrent dropout, what is kept, symbolic shapes, wrong calls,
// and the first step of the toy example.
#include "kernels/lstm/lstm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/compile/build_gradients.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "core/graph/reshape.h"
#include "kernels/matmul/matmul.h"
#include "tests/testing/devices.h"
#include "tests/testing/golden.h"
#include "tests/testing/run_graph.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina {
namespace {

HostTensor wave(const Extents& extents, double scale, double (*function)(double) = std::sin, DType dtype = DType::f32) {
  std::vector<double> values;
  for (int64_t i = 0; i < extents.count(); ++i) values.push_back(scale * function(static_cast<double>(i + 1)));
  return HostTensor::of<double>(extents, values).cast(dtype);
}

HostTensor filled(const Extents& extents, float number) {
  return HostTensor::of<float>(extents, std::vector<float>(static_cast<size_t>(extents.count()), number));
}

constexpr int64_t kBatch = 3, kSteps = 4, kFeatures = 5, kUnits = 6;

// Inputs with symbolic batch and time, and numbers for them.
struct Inputs {
  Shape shape{Dim::symbol("batch"), Dim::symbol("time"), kFeatures};
  Value x = input_value("x", DType::f32, shape);
  Value kernel = input_value("kernel", DType::f32, Extents{kFeatures, 4 * kUnits});
  Value recurrent = input_value("recurrent", DType::f32, Extents{kUnits, 4 * kUnits});
  Feed feed = {{"x", wave({kBatch, kSteps, kFeatures}, 1)},
               {"kernel", wave({kFeatures, 4 * kUnits}, 0.5)},
               {"recurrent", wave({kUnits, 4 * kUnits}, 0.5, std::cos)}};
};

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Lstm, RecurrentDropoutScalesTheRecurrentKernel) {
  for (const DeviceKind kind : testing::available_devices()) {
    for (const float factor : {0.0f, 2.0f}) {
      Inputs in;
      const Value factors = input_value("factors", DType::f32, Shape{Dim::symbol("batch"), kUnits});
      in.feed.emplace("factors", filled({kBatch, kUnits}, factor));
      const LstmResult dropped = lstm(in.x, in.kernel, in.recurrent, {.recurrent_dropout = factors});
      const LstmResult scaled = lstm(in.x, in.kernel, in.recurrent * static_cast<double>(factor));
      const std::vector<HostTensor> got = testing::run_values(std::vector<Value>{dropped.sequence, scaled.sequence},
                                                              in.feed, testing::plan_options(kind));
      EXPECT_TRUE(testing::is_close(got[0], got[1], testing::tolerance_for(DType::f32, kUnits))) << name_of(kind);
    }
  }
}

TEST(Lstm, AMaskBeforeTheFirstStepPutsOutZerosAndKeepsTheInitialState) {
  for (const DeviceKind kind : testing::available_devices()) {
    Inputs in;
    const Shape state{Dim::symbol("batch"), kUnits};
    const Value h0 = input_value("h0", DType::f32, state), c0 = input_value("c0", DType::f32, state);
    const Value mask = input_value("mask", DType::boolean, Shape{Dim::symbol("batch"), Dim::symbol("time")});
    in.feed.emplace("h0", wave({kBatch, kUnits}, 0.7));
    in.feed.emplace("c0", wave({kBatch, kUnits}, 0.3));
    in.feed.emplace("mask", HostTensor(DType::boolean, {kBatch, kSteps}));
    const LstmResult result = lstm(in.x, in.kernel, in.recurrent, {.h0 = h0, .c0 = c0, .mask = mask});
    const std::vector<HostTensor> got = testing::run_values(
        std::vector<Value>{result.sequence, result.last, result.h, result.c}, in.feed, testing::plan_options(kind));
    EXPECT_TRUE(testing::is_equal(got[0], HostTensor(DType::f32, {kBatch, kSteps, kUnits}))) << name_of(kind);
    EXPECT_TRUE(testing::is_equal(got[1], HostTensor(DType::f32, {kBatch, kUnits}))) << name_of(kind);
    EXPECT_TRUE(testing::is_equal(got[2], in.feed.at("h0"))) << name_of(kind);
    EXPECT_TRUE(testing::is_equal(got[3], in.feed.at("c0"))) << name_of(kind);
  }
}

TEST(Lstm, WithoutAMaskTheLastOutputIsTheState) {
  const Inputs in;
  const LstmResult result = lstm(in.x, in.kernel, in.recurrent);
  EXPECT_TRUE(result.last.same_as(result.h));
}

TEST(Lstm, KeepsNothingForPredictionAndStillHasTheSameGradient) {
  const Inputs in;
  std::vector<Value> gradients;
  for (const bool keep : {true, false}) {
    const LstmResult result = lstm(in.x, in.kernel, in.recurrent, {}, {.keep_for_backward = keep});
    EXPECT_EQ(result.h.node()->outputs.size(), keep ? 6u : 3u);
    gradients.push_back(build_gradients(std::vector<Value>{result.h}, std::vector<Value>{Value()},
                                        std::vector<Value>{in.recurrent})[0]);
  }
  const std::vector<HostTensor> got = testing::run_values(gradients, in.feed, testing::plan_options(DeviceKind::cpu));
  EXPECT_TRUE(testing::is_equal(got[0], got[1]));
}

TEST(Lstm, ANanStaysInItsRow) {
  for (const DeviceKind kind : testing::available_devices()) {
    Inputs in;
    in.feed.at("x").as<float>()[1 * kSteps * kFeatures] = std::nanf("");
    const HostTensor h = testing::run_values(std::vector<Value>{lstm(in.x, in.kernel, in.recurrent).h}, in.feed,
                                             testing::plan_options(kind))[0];
    for (int64_t i = 0; i < h.count(); ++i)
      EXPECT_EQ(std::isnan(h.at(i)), i / kUnits == 1) << name_of(kind) << " " << i;
  }
}

TEST(Lstm, TwoRunsAreBitwiseEqual) {
  for (const DeviceKind kind : testing::available_devices()) {
    const Inputs in;
    const LstmResult result = lstm(in.x, in.kernel, in.recurrent);
    const std::vector<Value> values = build_gradients(std::vector<Value>{result.sequence}, std::vector<Value>{Value()},
                                                      std::vector<Value>{in.x, in.kernel, in.recurrent});
    const auto first = testing::run_values(values, in.feed, testing::plan_options(kind));
    const auto second = testing::run_values(values, in.feed, testing::plan_options(kind));
    for (size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(testing::same_bits(first[i], second[i])) << name_of(kind);
  }
}

TEST(Lstm, NamesWhatIsWrong) {
  const Inputs in;
  const auto zeros = [](const Shape& shape, DType type = DType::f32) { return full(shape, 0, type); };
  using ::testing::HasSubstr;
  EXPECT_THAT(message_of([&] {
                lstm(zeros({2, 3}), in.kernel, in.recurrent);
              }),
              HasSubstr("x must be (batch, time, features)"));
  EXPECT_THAT(message_of([&] {
                lstm(in.x, zeros({4, 24}), in.recurrent);
              }),
              HasSubstr("the kernel must be f32(5, 24), got f32(4, 24)"));
  EXPECT_THAT(message_of([&] {
                lstm(in.x, in.kernel, zeros({6, 23}));
              }),
              HasSubstr("the recurrent kernel must be f32(6, 24)"));
  EXPECT_THAT(message_of([&] { lstm(in.x, in.kernel, in.recurrent, {.bias = zeros({6})}); }),
              HasSubstr("bias must be f32(24,), got f32(6,)"));
  EXPECT_THAT(message_of([&] {
                lstm(in.x, in.kernel, in.recurrent, {.h0 = zeros({3, 6})});
              }),
              HasSubstr("needs both h0 and c0"));
  EXPECT_THAT(message_of([&] {
                lstm(in.x, in.kernel, in.recurrent, {.mask = zeros(Shape{Dim::symbol("batch"), Dim::symbol("time")})});
              }),
              HasSubstr("mask must be bool(batch, time), got f32(batch, time)"));
  EXPECT_THAT(message_of([&] { lstm(in.x, in.kernel, in.recurrent, {}, {.activation = ScalarFunction::gelu}); }),
              HasSubstr("activation 'gelu' is not known to lstm"));
  EXPECT_THAT(message_of([&] { lstm(cast(in.x, DType::bf16), in.kernel, in.recurrent); }), HasSubstr("use cast()"));
  EXPECT_THAT(message_of([&] {
                const NameScope scope("encoder");
                lstm(zeros({2, 3}), in.kernel, in.recurrent);
              }),
              HasSubstr("[lstm] node \"encoder/lstm\""));
}

// The toy example's first step: mean(relu(0.001 + y[:, 1] + 100)) with y = dense(lstm(embedding(x))), row i token i
// throughout. Its weights are formulas of docs/golden.md; the embedding is a product with one-hot rows here.
class ToyStep : public ::testing::TestWithParam<std::string> {
 protected:
  static std::vector<double> norms(const nlohmann::json& config, DType dtype, DeviceKind kind) {
    constexpr int64_t kTokens = 10, kEmbedding = 128, kToyUnits = 64;
    const int64_t steps = config.at("timesteps");
    Feed feed;
    const auto input = [&](const char* name, const HostTensor& contents) {
      feed.emplace(name, contents.cast(dtype));
      return input_value(name, dtype, contents.extents());
    };
    const auto number_wave = [](Extents extents, double scale, double (*function)(double)) {
      return wave(extents, scale, function, DType::f64);
    };
    HostTensor one_hot(DType::f64, {kTokens, steps, kTokens}), bias(DType::f64, {4 * kToyUnits}),
        second(DType::f64, {kToyUnits});
    for (int64_t row = 0; row < kTokens; ++row) {
      for (int64_t step = 0; step < steps; ++step)
        one_hot.as<double>()[static_cast<size_t>((row * steps + step) * kTokens + row)] = 1;
    }
    for (size_t i = 0; i < kToyUnits; ++i) bias.as<double>()[kToyUnits + i] = 1;
    second.as<double>()[1] = 1;
    const std::vector<Value> weights = {
        input("embedding", number_wave({kTokens, kEmbedding}, 0.05, std::sin)),
        input("kernel", number_wave({kEmbedding, 4 * kToyUnits}, 0.1, std::sin)),
        input("recurrent_kernel", number_wave({kToyUnits, 4 * kToyUnits}, 0.1, std::cos)),
        input("bias", bias),
        input("dense_kernel", number_wave({kToyUnits, kToyUnits}, 0.15, std::sin)),
        input("dense_bias", HostTensor(DType::f64, {kToyUnits}))};
    const Value embedded = matmul(input("one_hot", one_hot), weights[0]);
    const Value h = lstm(embedded, weights[1], weights[2], {.bias = weights[3]}).last;
    const Value dense = matmul(h, weights[4]) + weights[5];
    const Value loss = mean(relu(sum(dense * input("second", second), {1}) + 100.001));
    std::vector<double> norms = {0};
    std::vector<Value> values = {loss};
    for (const Value& gradient : build_gradients(values, std::vector<Value>{Value()}, weights))
      values.push_back(gradient);
    const std::vector<HostTensor> got = testing::run_values(values, feed, testing::plan_options(kind));
    norms[0] = got[0].at(0);
    for (size_t i = 1; i < got.size(); ++i) {
      double squares = 0;
      for (int64_t j = 0; j < got[i].count(); ++j) squares += got[i].at(j) * got[i].at(j);
      norms.push_back(std::sqrt(squares));
    }
    return norms;
  }
};

TEST_P(ToyStep, HasTheGradientNormsOfTheFormulas) {
  const nlohmann::json file = testing::load_golden(GetParam());
  std::vector<double> expected = {file.at("expected").at("losses").at("data").at(0)};
  for (const char* name : {"embedding", "kernel", "recurrent_kernel", "bias", "dense_kernel", "dense_bias"}) {
    expected.push_back(file.at("expected").at("first_gradient_norms").at(name));
  }
  struct Run {
    DType dtype;
    DeviceKind device;
    double tolerance;
  };
  for (const Run& run : {Run{DType::f64, DeviceKind::cpu, 1e-8}, Run{DType::f32, DeviceKind::cpu, 1e-5},
                         Run{DType::f32, DeviceKind::sim, 1e-5}}) {
    const std::vector<double> got = norms(file.at("config"), run.dtype, run.device);
    for (size_t i = 0; i < got.size(); ++i) {
      EXPECT_NEAR(got[i], expected[i], run.tolerance * std::max(expected[i], 1e-3))
          << run.dtype << " on " << run.device << ", number " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formulas, ToyStep, ::testing::ValuesIn(testing::golden_names("toy_lstm")),
                         testing::golden_case_name);

}  // namespace
}  // namespace lamina
