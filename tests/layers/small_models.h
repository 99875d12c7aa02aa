// SPDX-License-Identifier: Apache-2.0
// The small model that tests of training share: x (4) -> hidden, tanh (5) -> out (2), with ten samples.
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

}  // namespace lamina::testing
