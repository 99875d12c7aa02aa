// SPDX-License-Identifier: Apache-2.0
// What the golden files cannot say of BatchNormalization: how it is frozen, Keras 2's ways, 16-bit training, weight files, masks.
#include "layers/batch_normalization.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/io/safetensors.h"
#include "tests/layers/small_models.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/scratch_folder.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;
using testing::kX;
using testing::kY;
using testing::options;
using testing::same_bits;
using testing::wave;

// x (4) -> norm -> out (2), all weights set by formula; the moving statistics are not those of any batch.
struct NormModel {
  explicit NormModel(BatchNormalizationOptions norm_options = {}, CompileOptions compile = options())
      : norm([&] {
          norm_options.name = "norm";
          return BatchNormalization(norm_options);
        }()),
        model({x}, {Dense(2, {.name = "out"})(norm(x))}) {
    norm.set_weights({wave({4}, 0.9), wave({4}, 0.4), wave({4}, 0.3), HostTensor::of<float>({4}, {0.5, 2, 1.5, 3})});
    model.compile(std::move(compile));
  }
  double train() { return model.train_on_batch(kX, kY).at("loss"); }
  double evaluate() { return model.evaluate(kX, kY).at("loss"); }
  HostTensor weight(size_t index) const { return norm.weights().at(index); }

  Value x = Input({4}, {.name = "x"});
  BatchNormalization norm;
  Model model;
};

enum Weight : size_t { kGamma, kBeta, kMovingMean, kMovingVariance };

std::vector<bool> changed_by_a_step(NormModel& model) {
  const std::vector<HostTensor> before = model.norm.weights();
  model.train();
  const std::vector<HostTensor> after = model.norm.weights();
  std::vector<bool> changed;
  for (size_t i = 0; i < before.size(); ++i) changed.push_back(!same_bits(before[i], after[i]));
  return changed;
}

TEST(BatchNormalization, TrainsOnStatisticsOfTheBatchAndMovesItsOwn) {
  NormModel model;
  const double by_moving = model.evaluate();
  EXPECT_GT(std::abs(model.train() - by_moving), 0.01);
  EXPECT_THAT(changed_by_a_step(model), ElementsAre(true, true, true, true));
}

TEST(BatchNormalization, FrozenItIsInInferenceMode) {
  NormModel model({.trainable = false});
  const double by_moving = model.evaluate();
  EXPECT_NEAR(model.train(), by_moving, 1e-6);
  EXPECT_THAT(changed_by_a_step(model), ElementsAre(false, false, false, false));
}

TEST(BatchNormalization, FrozenAsInKeras2ItTakesStatisticsOfTheBatch) {
  NormModel frozen({.frozen = FrozenMode::batch_stats, .trainable = false}), free;
  EXPECT_EQ(frozen.train(), free.train());
  EXPECT_THAT(changed_by_a_step(frozen), ElementsAre(false, false, false, false));
}

TEST(BatchNormalization, InsideAFrozenModelItIsFrozen) {
  NormModel body;
  const Value a = Input({4}, {.name = "a"});
  Model outer({a}, {Dense(2, {.name = "head"})(body.model(a))});
  const auto moves = [&] {
    outer.compile(options());
    const HostTensor before = body.weight(kMovingMean);
    outer.train_on_batch(kX, kY);
    return !same_bits(before, body.weight(kMovingMean));
  };
  EXPECT_TRUE(moves());
  body.model.set_trainable(false);
  EXPECT_FALSE(moves());
  body.model.set_trainable(true);
  EXPECT_TRUE(moves());
  // Of a model whose own `trainable` alone is false the layers are frozen too, though they do not say so.
  outer.network().layers().front().second->trainable = false;
  EXPECT_TRUE(body.norm.layer()->trainable);
  EXPECT_FALSE(moves());
}

TEST(BatchNormalization, FreezingCountsFromTheNextCompileOn) {
  NormModel model, same;
  model.norm.set_trainable(false);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(model.train(), same.train());
  // Steps for sample weights are traced now, after the change.
  const HostTensor weights = wave({10}, 0.3);
  EXPECT_EQ(model.model.train_on_batch(kX, kY, weights).at("loss"), same.model.train_on_batch(kX, kY, weights).at("loss"));
  ::testing::internal::GetCapturedStderr();
  testing::expect_same_weights(model.model, same.model);
  model.model.compile(options());
  EXPECT_THAT(changed_by_a_step(model), ElementsAre(false, false, false, false));
}

// A layer without gamma and beta has nothing that trains, and moves its statistics all the same.
TEST(BatchNormalization, WithoutWeightsThatTrainItIsNotFrozen) {
  const Value x = Input({4}, {.name = "x"});
  const BatchNormalization norm({.center = false, .scale = false});
  Model model({x}, {Dense(2)(norm(x))});
  model.compile(options());
  const HostTensor before = norm.weights().at(0);
  model.train_on_batch(kX, kY);
  EXPECT_FALSE(same_bits(before, norm.weights().at(0)));
  norm.set_trainable(false);
  model.compile(options());
  const HostTensor moved = norm.weights().at(0);
  model.train_on_batch(kX, kY);
  EXPECT_TRUE(same_bits(moved, norm.weights().at(0)));
}

TEST(BatchNormalization, UnbiasedVarianceCountsOneElementLess) {
  NormModel biased({.momentum = 0.5}), unbiased({.momentum = 0.5, .unbiased_moving_variance = true});
  const HostTensor start = biased.weight(kMovingVariance);
  EXPECT_EQ(biased.train(), unbiased.train());
  EXPECT_TRUE(same_bits(biased.weight(kMovingMean), unbiased.weight(kMovingMean)));
  for (int64_t i = 0; i < 4; ++i) {
    const double half = 0.5 * start.at(i), moved = biased.weight(kMovingVariance).at(i) - half;
    EXPECT_NEAR(unbiased.weight(kMovingVariance).at(i) - half, moved * 10 / 9, 1e-6) << i;
  }
}

TEST(BatchNormalization, OfOneElementBothVariancesAreZero) {
  NormModel unbiased({.momentum = 0.5, .unbiased_moving_variance = true});
  const HostTensor start = unbiased.weight(kMovingVariance);
  unbiased.model.train_on_batch(wave({1, 4}, 0.7), wave({1, 2}, 1.3));
  for (int64_t i = 0; i < 4; ++i) EXPECT_EQ(unbiased.weight(kMovingVariance).at(i), 0.5 * start.at(i));
}

// NaN anywhere would stay in the moving statistics for good.
TEST(BatchNormalization, ABatchThatIsNotFiniteMovesNothing) {
  NormModel model;
  HostTensor x = kX;
  x.as<float>()[5] = std::nanf("");
  const std::vector<HostTensor> before = model.norm.weights();
  EXPECT_THROW(model.model.train_on_batch(x, kY), Error);
  for (size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(same_bits(before[i], model.weight(i))) << i;
}

TEST(BatchNormalization, NamesItsWeightsInFilesAsKeras) {
  const NormModel model;
  const testing::ScratchFolder folder;
  model.model.save_weights((folder / "w.safetensors").string());
  std::vector<std::string> names;
  for (const NamedVariable& named : model.model.weights()) names.push_back(named.path);
  EXPECT_THAT(names, ElementsAre("norm/gamma", "norm/beta", "norm/moving_mean", "norm/moving_variance", "out/kernel", "out/bias"));
  NormModel loaded;
  loaded.norm.set_weights({wave({4}, 0.1), wave({4}, 0.1), wave({4}, 0.1), wave({4}, 0.1)});
  loaded.model.load_weights((folder / "w.safetensors").string());
  testing::expect_same_weights(model.model, loaded.model);
}

TEST(BatchNormalization, InMixedPrecisionKeepsItsStatisticsInF32) {
  CompileOptions mixed = options();
  mixed.policy = Policy::mixed_bfloat16;
  NormModel rounded({}, mixed), exact;
  EXPECT_NEAR(rounded.train(), exact.train(), 0.05);
  for (const Weight weight : {kMovingMean, kMovingVariance}) {
    const HostTensor &moving = rounded.weight(weight), &expected = exact.weight(weight);
    EXPECT_EQ(moving.dtype(), DType::f32);
    // A step of 1 % of a statistic of x rounded to 8 bits; moving statistics kept in bf16 would be off by 2^-9.
    for (int64_t i = 0; i < 4; ++i) EXPECT_NEAR(moving.at(i), expected.at(i), 1e-4) << i;
  }
  EXPECT_NEAR(rounded.evaluate(), exact.evaluate(), 0.05);
}

TEST(BatchNormalization, TrainsOnSimAsOnCpu) {
  CompileOptions on_sim = options();
  on_sim.device = "sim";
  NormModel sim({}, on_sim), cpu;
  for (int step = 0; step < 3; ++step) EXPECT_NEAR(sim.train(), cpu.train(), 1e-5);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(testing::is_close(sim.weight(i), cpu.weight(i), testing::tolerance_for(DType::f32, 100))) << i;
  }
}

TEST(BatchNormalization, RefusesMaskedStepsInTrainingAlone) {
  const Value x = Input({Dim::symbol("time"), 2}, {.name = "x"});
  const BatchNormalization norm({.name = "norm"});
  Model model({x}, {LSTM(2, {.name = "out"})(norm(Masking()(x)))});
  testing::expect_error(
      ErrorKind::model,
      "[BatchNormalization] cannot leave masked steps out of the statistics of a batch; put the layer in front of the mask, or "
      "freeze it",
      [&] { model.compile(options()); });
  norm.set_trainable(false);
  model.compile(options());
  norm.set_weights({wave({2}, 0.9), wave({2}, 0.4), wave({2}, 0.3), HostTensor::of<float>({2}, {1, 2})});
  // The mask goes on to the LSTM, for which the last step is not there, though 0 is no longer 0.
  const HostTensor two = wave({1, 2, 2}, 0.7);
  HostTensor three(DType::f32, {1, 3, 2});
  std::copy_n(two.as<float>().begin(), 4, three.as<float>().begin());
  EXPECT_TRUE(testing::is_close(model.predict(three), model.predict(two), testing::tolerance_for(DType::f32, 8)));
}

}  // namespace
}  // namespace lamina
