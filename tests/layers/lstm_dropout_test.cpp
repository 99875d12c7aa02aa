// SPDX-License-Identifier: Apache-2.0
// The LSTM layer's dropouts against a plain loop in float64 that draws the same masks: one of the inputs (batch,
// features) and one of the state (batch, units), each for all steps and gates; new in each training step, none otherwise.
#include <gtest/gtest.h>

#include <cmath>

#include "core/base/philox.h"
#include "layers/lamina.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina {
namespace {

constexpr int64_t kBatch = 3, kTime = 4, kFeatures = 3, kUnits = 2;
constexpr uint64_t kSeed = 11;
constexpr double kDropout = 0.4, kRecurrentDropout = 0.25;

HostTensor wave(const Extents& extents, double step) {
  std::vector<float> values;
  for (int64_t i = 0; i < extents.count(); ++i) values.push_back(static_cast<float>(std::sin(step * static_cast<double>(i + 1))));
  return HostTensor::of<float>(extents, values);
}

const HostTensor kX = wave({kBatch, kTime, kFeatures}, 0.7);

Model lstm_model() {
  const Value x = Input({kTime, kFeatures}, {.name = "x"});
  const LSTM lstm(kUnits, {.name = "lstm", .dropout = kDropout, .recurrent_dropout = kRecurrentDropout, .return_sequences = true});
  Model model({x}, {lstm(x)});
  model.set_weights({wave({kFeatures, 4 * kUnits}, 0.3), wave({kUnits, 4 * kUnits}, 1.1), wave({4 * kUnits}, 0.5)});
  return model;
}

using Factors = std::vector<double>;

Factors drawn(double rate, uint32_t stream, uint32_t step, int64_t count) {
  const RandomKey key{.seed = kSeed, .purpose = RandomPurpose::dropout, .stream = stream, .step = step};
  Factors factors;
  for (int64_t i = 0; i < count; ++i) {
    const bool kept = key.uniform(static_cast<uint64_t>(i)) >= static_cast<float>(rate);
    factors.push_back(kept ? 1 / (1 - rate) : 0);
  }
  return factors;
}

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

// The sequence [batch, time, units] by Keras' formulas, gates in the order i, f, c, o.
HostTensor by_hand(const std::vector<HostTensor>& weights, const Factors& of_x, const Factors& of_h) {
  HostTensor sequence(DType::f64, {kBatch, kTime, kUnits});
  for (int64_t b = 0; b < kBatch; ++b) {
    std::vector<double> h(kUnits), c(kUnits);
    for (int64_t t = 0; t < kTime; ++t) {
      std::vector<double> z(4 * kUnits);
      for (int64_t j = 0; j < 4 * kUnits; ++j) {
        z[static_cast<size_t>(j)] = weights[2].at(j);
        for (int64_t d = 0; d < kFeatures; ++d) {
          z[static_cast<size_t>(j)] += kX.at((b * kTime + t) * kFeatures + d) * of_x[static_cast<size_t>(b * kFeatures + d)] *
                                       weights[0].at(d * 4 * kUnits + j);
        }
        for (int64_t u = 0; u < kUnits; ++u) {
          z[static_cast<size_t>(j)] += h[static_cast<size_t>(u)] * of_h[static_cast<size_t>(b * kUnits + u)] * weights[1].at(u * 4 * kUnits + j);
        }
      }
      for (size_t u = 0; u < kUnits; ++u) {
        c[u] = logistic(z[kUnits + u]) * c[u] + logistic(z[u]) * std::tanh(z[2 * kUnits + u]);
        h[u] = logistic(z[3 * kUnits + u]) * std::tanh(c[u]);
        sequence.as<double>()[static_cast<size_t>((b * kTime + t) * kUnits) + u] = h[u];
      }
    }
  }
  return sequence;
}

HostTensor by_hand_in_step(const Model& model, uint32_t step) {
  return by_hand(model.get_weights(), drawn(kDropout, 0, step, kBatch * kFeatures), drawn(kRecurrentDropout, 1, step, kBatch * kUnits));
}

HostTensor by_hand_without_dropout(const Model& model) {
  return by_hand(model.get_weights(), Factors(kBatch * kFeatures, 1), Factors(kBatch * kUnits, 1));
}

double mean_of(const HostTensor& tensor) {
  double sum = 0;
  for (int64_t i = 0; i < tensor.count(); ++i) sum += tensor.at(i);
  return sum / static_cast<double>(tensor.count());
}

TEST(LstmDropout, ReusesOneMaskPerBatchOverAllSteps) {
  const Model model = lstm_model();
  for (const DeviceKind device : testing::available_devices()) {
    for (const int32_t step : {0, 1, 2}) {
      CallContext context;
      context.training = true;
      context.seed = kSeed;
      const std::vector<Value> outputs = model.network().trace(context, model.network().input_leaves());
      const HostTensor sequence =
          testing::run_values(outputs, {{"x", kX}, {kStepInput, HostTensor::scalar(step)}}, testing::plan_options(device)).front();
      EXPECT_EQ(testing::difference(sequence, by_hand_in_step(model, static_cast<uint32_t>(step)), {1e-5, 1e-6}), "")
          << "step " << step << " on " << name_of(device);
    }
  }
}

TEST(LstmDropout, DrawsAnewInEachStepOfTraining) {
  Model model = lstm_model();
  model.compile({.optimizer = sgd({.learning_rate = 0.0}), .loss = "identity", .device = "cpu", .seed = kSeed});
  const double first = mean_of(by_hand_in_step(model, 0)), second = mean_of(by_hand_in_step(model, 1));
  EXPECT_GT(std::abs(first - second), 1e-3);
  EXPECT_NEAR(*model.train_on_batch(kX).get("loss"), first, 1e-6);
  EXPECT_NEAR(*model.train_on_batch(kX).get("loss"), second, 1e-6);
}

TEST(LstmDropout, IsInactiveInInference) {
  Model model = lstm_model();
  model.compile({.loss = "identity", .device = "cpu", .seed = kSeed});
  const HostTensor plain = by_hand_without_dropout(model);
  EXPECT_GT(std::abs(mean_of(plain) - mean_of(by_hand_in_step(model, 0))), 1e-3);
  EXPECT_EQ(testing::difference(model.predict(kX), plain, {1e-5, 1e-6}), "");
  EXPECT_NEAR(*model.evaluate(kX).get("loss"), mean_of(plain), 1e-6);
}

}  // namespace
}  // namespace lamina
