// SPDX-License-Identifier: Apache-2.0
// What freezing does: at compile, in nested models, to a network that is trained alone and inside of another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/layers/small_models.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::expect_same_weights;
using testing::kX;
using testing::kY;
using testing::Layers;
using testing::options;
using testing::same_bits;
using testing::steps;
using testing::wave;

constexpr const char* kDiscrepancy =
    "warning: Discrepancy between trainable weights and collected trainable weights, did you set `model.trainable` without calling "
    "`model.compile` after ? `trainable` changed in ";

TEST(Freezing, TakesEffectAtTheNextCompileOnly) {
  Layers layers;
  Model model = layers.model(), same = Layers().model();
  model.compile(options());
  same.compile(options());
  layers.hidden.set_trainable(false);
  std::ostringstream out;
  model.fit(kX, kY, {.verbose = 0, .out = &out});
  same.fit(kX, kY, {.verbose = 0});
  EXPECT_EQ(out.str(), std::string(kDiscrepancy) + "['hidden']; training goes on with the weights collected at compile.\n");
  expect_same_weights(model, same);

  model.compile(options());
  const std::vector<HostTensor> before = model.get_weights();
  out.str("");
  model.fit(kX, kY, {.verbose = 0, .out = &out});
  EXPECT_EQ(out.str(), "");
  const std::vector<HostTensor> after = model.get_weights();
  EXPECT_TRUE(same_bits(before[0], after[0]));
  EXPECT_TRUE(same_bits(before[1], after[1]));
  EXPECT_FALSE(same_bits(before[2], after[2]));
}

// Steps for other sample weights are traced when they are first run, long after compile.
TEST(Freezing, CollectedWeightsAreThoseOfEveryKindOfStep) {
  Layers layers;
  Model model = layers.model(), same = Layers().model();
  model.compile(options());
  same.compile(options());
  layers.hidden.set_trainable(false);
  const HostTensor weights = wave({10}, 0.3);
  ::testing::internal::CaptureStderr();
  const Logs logs = model.train_on_batch(kX, kY, weights);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("['hidden']"));
  EXPECT_EQ(*logs.get("loss"), *same.train_on_batch(kX, kY, weights).get("loss"));
  expect_same_weights(model, same);
}

TEST(Freezing, WarnsOnceForEachChange) {
  Layers layers;
  Model model = layers.model();
  model.compile(options());
  const auto warned = [&] {
    ::testing::internal::CaptureStderr();
    steps(model, 3);
    return ::testing::internal::GetCapturedStderr();
  };
  const std::string end = "; training goes on with the weights collected at compile.\n";
  EXPECT_EQ(warned(), "");
  layers.hidden.set_trainable(false);
  EXPECT_EQ(warned(), std::string(kDiscrepancy) + "['hidden']" + end);
  EXPECT_EQ(warned(), "");
  layers.out.set_trainable(false);
  EXPECT_EQ(warned(), std::string(kDiscrepancy) + "['hidden', 'out']" + end);
  model.set_trainable(true);
  EXPECT_EQ(warned(), "");
  layers.out.set_trainable(false);
  EXPECT_EQ(warned(), std::string(kDiscrepancy) + "['out']" + end);
}

// The recipe of Keras' GAN examples: the discriminator is compiled, frozen, and the two are compiled together.
TEST(Freezing, GanTrainsEachNetworkByItself) {
  const Value picture = Input({4}, {.name = "picture"}), noise = Input({3}, {.name = "noise"});
  Model discriminator({picture}, {Dense(1, {.name = "real", .activation = "sigmoid"})(Dense(5, {.activation = "tanh"})(picture))}, "discriminator");
  const Model generator({noise}, {Dense(4, {.activation = "tanh"})(noise)}, "generator");
  CompileOptions compile = options("adam");
  compile.loss = "binary_crossentropy";
  discriminator.compile(compile);
  discriminator.set_trainable(false);
  Model both({noise}, {discriminator(generator(noise))});
  compile.optimizer = "adam";
  both.compile(compile);

  const auto changed = [](const Model& model, const auto& step) {
    const std::vector<HostTensor> before = model.get_weights();
    step();
    const std::vector<HostTensor> after = model.get_weights();
    std::vector<bool> result;
    for (size_t i = 0; i < before.size(); ++i) result.push_back(!same_bits(before[i], after[i]));
    return result;
  };
  const HostTensor labels = HostTensor::of<float>({10, 1}, {1, 0, 1, 0, 1, 0, 1, 0, 1, 0});
  const HostTensor ones = HostTensor::of<float>({10, 1}, std::vector<float>(10, 1.0f));
  ::testing::internal::CaptureStderr();
  for (int round = 0; round < 2; ++round) {
    const auto train_both = [&] { both.train_on_batch(wave({10, 3}, 0.8), ones); };
    const auto train_discriminator = [&] { discriminator.train_on_batch(kX, labels); };
    EXPECT_THAT(changed(discriminator, train_discriminator), ElementsAre(true, true, true, true));
    EXPECT_THAT(changed(generator, train_discriminator), ElementsAre(false, false));
    EXPECT_THAT(changed(discriminator, train_both), ElementsAre(false, false, false, false));
    EXPECT_THAT(changed(generator, train_both), ElementsAre(true, true));
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            std::string(kDiscrepancy) + "['dense', 'real']; training goes on with the weights collected at compile.\n");
}

TEST(Freezing, OfAnOuterModelReachesTheLayersOfTheModelsInIt) {
  Layers layers;
  Model body = layers.model();
  const Value a = Input({4}, {.name = "a"});
  const Bidirectional both_ways(LSTM(2), {.name = "both_ways"});
  Model outer({a}, {body(a)});
  const auto trainable = [](const Model& model) {
    int count = 0;
    for (const NamedVariable& named : model.weights()) count += named.trainable ? 1 : 0;
    return count;
  };
  outer.set_trainable(false);
  EXPECT_EQ(trainable(outer), 0);
  EXPECT_EQ(trainable(body), 0);
  outer.set_trainable(true);
  EXPECT_EQ(trainable(outer), 4);
  EXPECT_EQ(trainable(body), 4);
  body.set_trainable(false);
  EXPECT_EQ(trainable(outer), 0);
  outer.set_trainable(true);
  EXPECT_EQ(trainable(body), 4) << "frozen inside, freed from outside";

  const Value sequence = Input({3, 2}, {.name = "sequence"});
  const Model wrapped({sequence}, {both_ways(sequence)});
  both_ways.layer()->inner_layers().front().second->trainable = false;
  EXPECT_EQ(trainable(wrapped), 3);
  both_ways.set_trainable(true);
  EXPECT_EQ(trainable(wrapped), 6);
}

TEST(Freezing, MovesTheTotalsOfSummary) {
  Layers layers;
  Model model = layers.model();
  const auto totals = [&] {
    std::ostringstream out;
    model.summary(out);
    return out.str().substr(out.str().find("Total params"));
  };
  model.compile(options());
  EXPECT_EQ(totals(), "Total params: 37\nTrainable params: 37\nNon-trainable params: 0\n");
  layers.hidden.set_trainable(false);
  model.compile(options());
  EXPECT_EQ(totals(), "Total params: 37\nTrainable params: 12\nNon-trainable params: 25\n");
  model.set_trainable(false);
  model.compile(options());
  EXPECT_EQ(totals(), "Total params: 37\nTrainable params: 0\nNon-trainable params: 37\n");
  model.set_trainable(true);
  EXPECT_EQ(totals(), "Total params: 37\nTrainable params: 37\nNon-trainable params: 0\n");
}

TEST(Freezing, AModelFreezesAllThatIsInIt) {
  Layers layers;
  Model body = layers.model();
  const Value a = Input({4}, {.name = "a"});
  Model outer({a}, {Dense(2, {.name = "head"})(body(a))});
  body.set_trainable(false);
  outer.compile(options());
  const std::vector<HostTensor> before = outer.get_weights();
  steps(outer, 1);
  const std::vector<HostTensor> after = outer.get_weights();
  for (size_t i = 0; i < 4; ++i) EXPECT_TRUE(same_bits(before[i], after[i])) << i;
  EXPECT_FALSE(same_bits(before[4], after[4]));
}

TEST(Freezing, FrozenPenaltiesDoNotCount) {
  const Value x = Input({4}, {.name = "x"});
  const Dense layer(2, {.name = "out", .kernel_regularizer = l2(1.0)});
  Model model({x}, {layer(x)});
  model.compile(options());
  const double with = *model.evaluate(kX, kY).get("loss");
  layer.set_trainable(false);
  model.compile(options());
  EXPECT_LT(*model.evaluate(kX, kY).get("loss"), with - 0.01);
}

}  // namespace
}  // namespace lamina
