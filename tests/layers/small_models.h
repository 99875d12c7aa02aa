// SPDX-License-Identifier: Apache-2.0
// The small models that tests of training share: x (4) -> hidden, tanh (5) -> out (2), with ten samples; and one of two
// inputs and outputs, with five.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "layers/lamina.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina::testing {

inline HostTensor wave(const Extents& extents, double step) {
  std::vector<float> values;
  for (int64_t i = 0; i < extents.count(); ++i) values.push_back(static_cast<float>(std::sin(step * static_cast<double>(i + 1))));
  return HostTensor::of<float>(extents, values);
}

inline const HostTensor kX = wave({10, 4}, 0.7), kY = wave({10, 2}, 1.3);

struct Layers {
  Value x = Input({4}, {.name = "x"});
  Dense hidden = Dense(5, {.name = "hidden", .activation = "tanh"});
  Dense out = Dense(2, {.name = "out"});
  Model model() const { return Model({x}, {out(hidden(x))}); }
};

inline CompileOptions options(OptimizerSpec optimizer = "sgd") {
  return {.optimizer = std::move(optimizer), .loss = "mse", .device = "cpu", .seed = 3};
}

inline void steps(Model& model, int count) {
  for (int i = 0; i < count; ++i) model.train_on_batch(kX, kY);
}

inline void expect_same_weights(const Model& a, const Model& b) {
  const auto first = a.get_weights(), second = b.get_weights();
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(same_bits(first[i], second[i])) << a.variables()[i].path;
}

// The identity loss.
inline Value passthrough(const Value&, const Value& y_pred) { return y_pred; }

inline HostTensor counting(const Extents& extents) {
  std::vector<float> values;
  for (int64_t i = 0; i < extents.count(); ++i) values.push_back(0.01f * static_cast<float>(i));
  return HostTensor::of<float>(extents, values);
}

// Two inputs, two outputs: main_input (4), aux_input (2) -> main (3), aux (1).
inline Model two_by_two(Losses losses = {{"main", "mse"}, {"aux", "mse"}}) {
  const Value a = Input({4}, {.name = "main_input"}), b = Input({2}, {.name = "aux_input"});
  const Value joined = Concatenate()({a, b});
  Model model({a, b}, {Dense(3, {.name = "main"})(joined), Dense(1, {.name = "aux"})(joined)});
  model.compile({.optimizer = "sgd", .loss = std::move(losses), .device = "cpu"});
  return model;
}

inline Model one_by_one(const char* loss = "mse", int64_t units = 1) {
  const Value x = Input({4}, {.name = "x"});
  Model model({x}, {Dense(units, {.name = "out", .activation = "sigmoid"})(x)});
  model.compile({.optimizer = "sgd", .loss = loss, .device = "cpu"});
  return model;
}

inline const HostTensor kMain = counting({5, 4}), kAux = counting({5, 2}), kMainY = counting({5, 3}), kAuxY = counting({5, 1});

}  // namespace lamina::testing
