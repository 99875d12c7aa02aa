// SPDX-License-Identifier: Apache-2.0
// Names of layers, inputs, outputs and weights: numbered per model where the user gave none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layers/lamina.h"
#include "tests/testing/expect_error.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;

std::vector<std::string> layer_names(const Model& model) {
  std::vector<std::string> names;
  for (const auto& [name, layer] : model.network().layers()) names.push_back(name);
  return names;
}

std::vector<std::string> weight_paths(const Model& model) {
  std::vector<std::string> paths;
  for (const NamedVariable& named : model.weights()) paths.push_back(named.path);
  return paths;
}

Value x4() { return Input({4}, {.name = "x"}); }

TEST(ModelNames, CountUpPerModelAndNotPerProcess) {
  const auto build = [] {
    const Value x = x4();
    return Model({x}, {Dense(2)(Activation("relu")(Dense(3)(Dense(3)(x))))});
  };
  EXPECT_THAT(layer_names(build()), ElementsAre("dense", "dense_1", "activation", "dense_2"));
  EXPECT_THAT(layer_names(build()), ElementsAre("dense", "dense_1", "activation", "dense_2"));
}

TEST(ModelNames, StepOverNamesThatWereGiven) {
  const Value x = x4();
  const Model model({x}, {Dense(2)(Dense(3, {.name = "dense"})(Dense(3)(x)))});
  EXPECT_THAT(layer_names(model), ElementsAre("dense_1", "dense", "dense_2"));
}

TEST(ModelNames, AreThoseOfKerasForCapitals) {
  EXPECT_EQ(default_layer_name("Conv2D"), "conv2d");
  EXPECT_EQ(default_layer_name("ConvLSTM2D"), "conv_lstm2d");
  EXPECT_EQ(default_layer_name("UpSampling2D"), "up_sampling2d");
  EXPECT_EQ(default_layer_name("GlobalAveragePooling2D"), "global_average_pooling2d");
  EXPECT_EQ(default_layer_name("LeakyReLU"), "leaky_re_lu");
  EXPECT_EQ(default_layer_name("LSTM"), "lstm");
  EXPECT_EQ(default_layer_name("TimeDistributed"), "time_distributed");
}

TEST(ModelNames, OfUnnamedInputsCountUp) {
  const Value a = Input({2}), b = Input({2});
  EXPECT_THAT(Model({a, b}, {Add()({a, b})}).input_names(), ElementsAre("input", "input_1"));
}

TEST(ModelNames, GivenTwiceAreRefused) {
  const Value x = x4();
  expect_error(ErrorKind::model, "The name \"a\" is used 2 times in the model. All operation names should be unique.",
               [&] { Model({x}, {Dense(2, {.name = "a"})(Dense(3, {.name = "a"})(x))}); });
  const Value y = Input({4}, {.name = "x"});
  expect_error(ErrorKind::model, "The input name \"x\" is used twice in the model.", [&] { Model({x, y}, {Add()({x, y})}); });
  expect_error(ErrorKind::model, "layer name \"a/b\" holds a '/', which separates layer and weight",
               [&] { Model({x}, {Dense(2, {.name = "a/b"})(x)}); });
}

TEST(ModelNames, OfOutputsAreThoseOfLayersOrGiven) {
  const Value x = x4();
  const Dense main(2, {.name = "main"}), aux(1, {.name = "aux"});
  EXPECT_THAT(Model({x}, {main(x), aux(x)}).network().output_names(), ElementsAre("main", "aux"));
  EXPECT_THAT(Model({x}, {{"first", main(x)}, {"second", main(x)}}).network().output_names(), ElementsAre("first", "second"));
}

TEST(ModelNames, OfTwoOutputsOfOneSharedLayerAreRefusedAtCompile) {
  const Value a = Input({4}, {.name = "a"}), b = Input({4}, {.name = "b"});
  const Dense shared(2, {.name = "shared"});
  Model model({a, b}, {shared(a), shared(b)});
  expect_error(ErrorKind::model,
               "The output name \"shared\" is used twice: a loss could not be bound to one of them. The outputs are ['shared', "
               "'shared']; give the model distinct output names.",
               [&] { model.compile({.loss = "mse", .device = "cpu"}); });
}

TEST(ModelNames, OfUnnamedLayersOfOtherModelsDoNotClash) {
  const Value x = x4(), z = Input({3}, {.name = "z"});
  const Dense encode(3), decode(4);
  const Model encoder({x}, {encode(x)}), decoder({z}, {decode(z)});
  EXPECT_THAT(layer_names(encoder), ElementsAre("dense"));
  EXPECT_THAT(layer_names(decoder), ElementsAre("dense"));
  const Model both({x}, {decode(encode(x))});
  EXPECT_THAT(layer_names(both), ElementsAre("dense", "dense_1"));
  EXPECT_THAT(weight_paths(both), ElementsAre("dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"));
  EXPECT_THAT(layer_names(decoder), ElementsAre("dense")) << "a model keeps the names that it gave";
  EXPECT_EQ(both.get_layer("dense_1"), decoder.get_layer("dense"));
}

TEST(ModelNames, OfUnnamedModelsInModelsDoNotClash) {
  const Value x = x4(), z = Input({3}, {.name = "z"});
  const Model encoder({x}, {Dense(3)(x)}), decoder({z}, {Dense(4)(z)});
  const Model both({x}, {decoder(encoder(x))});
  EXPECT_THAT(layer_names(both), ElementsAre("functional", "functional_1"));
  EXPECT_THAT(weight_paths(both), ElementsAre("functional/dense/kernel", "functional/dense/bias", "functional_1/dense/kernel",
                                              "functional_1/dense/bias"));
}

TEST(ModelNames, GivenToLayersOfSeveralModelsStillClash) {
  const Value x = x4();
  const Dense first(4, {.name = "dense"}), second(4, {.name = "dense"});
  const Model one({x}, {first(x)}), other({x}, {second(x)});
  expect_error(ErrorKind::model, "The name \"dense\" is used 2 times in the model. All operation names should be unique.",
               [&] { Model({x}, {second(first(x))}); });
}

TEST(ModelNames, OfTheNodesOfUnnamedLayersAreThoseOfTheModel) {
  const Value x = x4();
  const Dense layer(4);
  const Model alone({x}, {layer(x)});
  Model stacked({x}, {layer(Dense(4)(x))});
  stacked.compile({.loss = "mse", .device = "cpu"});
  CallContext context;
  const std::vector<Value> outputs = stacked.network().trace(context, stacked.network().input_leaves());
  EXPECT_EQ(outputs[0].node()->name.substr(0, 8), "dense_1/") << outputs[0].node()->name;
}

TEST(ModelNames, OfSeveralOutputsOfOneLayerCountUp) {
  const Value x = Input({3, 2}, {.name = "x"});
  const std::vector<Value> outputs = LSTM(2, {.name = "lstm", .return_state = true}).outputs({x});
  EXPECT_THAT(Model({x}, {outputs[0], outputs[1], outputs[2]}).network().output_names(), ElementsAre("lstm", "lstm_1", "lstm_2"));
}

TEST(ModelNames, GivenToOutputsAreOneForEach) {
  const Value x = x4();
  const std::vector<Value> outputs = {Dense(1)(x), Dense(2)(x)};
  expect_error(ErrorKind::model, "the model has 2 outputs, but 1 output names were given", [&] { Network({x}, outputs, {"main"}); });
  expect_error(ErrorKind::model, "the model has 2 outputs, but 3 output names were given", [&] { Network({x}, outputs, {"a", "b", "c"}); });
}

TEST(ModelNames, OfInputsHoldNoSlash) {
  const Value x = Input({4}, {.name = "out/target"});
  expect_error(ErrorKind::model,
               "input name \"out/target\" holds a '/', which names what the model itself is fed (\"<output>/target\")",
               [&] { Model({x}, {Dense(2, {.name = "out"})(x)}); });
}

}  // namespace
}  // namespace lamina
