// SPDX-License-Identifier: Apache-2.0
// Models before any training: names, shared layers, nested models, what is refused, and what is printed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "layers/lamina.h"
#include "tests/layers/expect_error.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::expect_error;

std::vector<std::string> layer_names(const Model& model) {
  std::vector<std::string> names;
  for (const auto& layer : model.network().layers()) names.push_back(layer->name);
  return names;
}

std::vector<std::string> weight_paths(const Model& model) {
  std::vector<std::string> paths;
  for (const NamedVariable& named : model.variables()) paths.push_back(named.path);
  return paths;
}

Value x4() { return Input({4}, {.name = "x"}); }

Model toy() {
  const Value input = Input({100}, {.name = "input", .dtype = DType::i32});
  Value x = Embedding(10, 128)(input);
  x = Dense(64)(LSTM(64)(x));
  const Lambda test_loss([](const std::vector<Value>& v) { return relu(0.001 + slice(v[0], 1, 1, 2) + 100.0); }, {.name = "test_loss"});
  return Model({input}, {test_loss({x})});
}

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

TEST(ModelComposition, RefusesWhatIsNoModel) {
  const Value x = x4(), other = Input({4}, {.name = "other"});
  expect_error(ErrorKind::model, "a model needs an input", [&] { Model({}, std::vector<Value>{x}); });
  expect_error(ErrorKind::model, "a model needs an output", [&] { Model({x}, std::vector<Value>{}); });
  expect_error(ErrorKind::model, "an output of the model is an empty Value", [&] { Model({x}, {Value()}); });
  expect_error(ErrorKind::model, "the inputs of a model must come from Input(...)",
               [&] { Model({Dense(2)(x)}, {Dense(2)(x)}); });
  expect_error(ErrorKind::model, "the outputs depend on input \"other\", which is not among the inputs of the model",
               [&] { Model({x}, {Dense(2)(other)}); });
}

TEST(ModelComposition, NamesTheNearestLayer) {
  const Value x = x4();
  const Model model({x}, {Dense(2, {.name = "encoder"})(x)});
  EXPECT_EQ(model.get_layer("encoder")->type(), "Dense");
  expect_error(ErrorKind::model, "No such layer: encodr. Existing layers are: ['encoder'] (did you mean 'encoder'?)",
               [&] { model.get_layer("encodr"); });
}

TEST(ModelComposition, ChecksShapesWhereALayerIsCalled) {
  const Value x = x4();
  expect_error(ErrorKind::model, "[layer] node \"lstm/layer\": [LSTM] takes (batch, time, features), got (batch, 4)", [&] { LSTM(3)(x); });
  expect_error(ErrorKind::model, "layer bidirectional has 2 outputs; use .outputs({...}), which returns all of them", [&] {
    Bidirectional(LSTM(3), {.merge_mode = MergeMode::none})(Input({5, 2}));
  });
}

TEST(ModelComposition, SharedLayerHasOneSetOfWeights) {
  const Value a = Input({4}, {.name = "a"}), b = Input({4}, {.name = "b"});
  const Dense shared(3, {.name = "shared"});
  const Model model({a, b}, {Concatenate()({shared(a), shared(b)})});
  EXPECT_THAT(weight_paths(model), ElementsAre("shared/kernel", "shared/bias"));
}

TEST(ModelComposition, CalledModelSharesItsWeights) {
  const Value x = x4();
  const Model body({x}, {Dense(3, {.name = "hidden"})(x)}, "body");
  const Value a = Input({4}, {.name = "a"});
  Model outer({a}, {Dense(1, {.name = "head"})(body(a))});
  EXPECT_THAT(weight_paths(outer), ElementsAre("body/hidden/kernel", "body/hidden/bias", "head/kernel", "head/bias"));
  EXPECT_EQ(outer.variables()[0].variable, body.variables()[0].variable);
}

TEST(ModelComposition, ModelWithSeveralOutputsIsCalledByOutputsOf) {
  const Value x = x4();
  const Model body({x}, {Dense(3, {.name = "a"})(x), Dense(2, {.name = "b"})(x)});
  const std::vector<Value> outputs = body.outputs_of({x4()});
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_EQ(outputs[1].shape()[1], Dim(2));
  expect_error(ErrorKind::model, "the model has 2 outputs; use outputs_of({...})", [&] { body(x4()); });
}

TEST(ModelSummary, OfTheToyHasItsParameters) {
  std::ostringstream out;
  toy().summary(out);
  EXPECT_EQ(out.str(),
            "Layer (type)            Output Shape       Param #\n"
            "=====================================================\n"
            "input (Input)           (None, 100)        0\n"
            "embedding (Embedding)   (None, 100, 128)   1,280\n"
            "lstm (LSTM)             (None, 64)         49,408\n"
            "dense (Dense)           (None, 64)         4,160\n"
            "test_loss (Lambda)      (None, 1)          0\n"
            "=====================================================\n"
            "Total params: 54,848\n"
            "Trainable params: 54,848\n"
            "Non-trainable params: 0\n");
}

TEST(ModelSummary, SaysWhatIsConnectedAndWhatIsFrozen) {
  const Value a = Input({4}, {.name = "a"}), b = Input({4}, {.name = "b"});
  const Dense shared(3, {.name = "shared", .trainable = false});
  const Model model({a, b}, {Concatenate(-1, {.name = "both"})({shared(a), shared(b)})}, "siamese");
  std::ostringstream out;
  model.summary(out);
  EXPECT_THAT(out.str(), HasSubstr("Model: \"siamese\"\n"));
  EXPECT_THAT(out.str(), HasSubstr("Connected to"));
  EXPECT_THAT(out.str(), HasSubstr("shared, shared\n"));
  EXPECT_THAT(out.str(), HasSubstr("Total params: 15\nTrainable params: 0\nNon-trainable params: 15\n"));
}

TEST(ModelPlot, IsADotGraphOfItsLayers) {
  const Value x = x4();
  const Dense hidden(3, {.name = "hidden"});
  std::ostringstream out;
  Model({x}, {Add({.name = "sum"})({hidden(x), hidden(x)})}).plot(out);
  EXPECT_EQ(out.str(),
            "digraph model {\n  rankdir=TB;\n  node [shape=record, fontname=\"Helvetica\"];\n"
            "  \"x\" [label=\"x\\nInput\\n(None, 4)\"];\n"
            "  \"hidden\" [label=\"hidden\\nDense\\n(None, 3)\"];\n"
            "  \"x\" -> \"hidden\";\n"
            "  \"x\" -> \"hidden\";\n"
            "  \"sum\" [label=\"sum\\nAdd\\n(None, 3)\"];\n"
            "  \"hidden\" -> \"sum\";\n"
            "  \"hidden\" -> \"sum\";\n"
            "  // output sum\n}\n");
}

TEST(ModelBindings, AreOneLinePerOutput) {
  const Value x = x4();
  Model model({x}, {Dense(2, {.name = "main"})(x), Dense(1, {.name = "penalty"})(x), Dense(1, {.name = "aux"})(x)});
  model.compile({.loss = {{"main", "mse"}, {"penalty", [](Value, Value y) { return y; }}, {"aux", no_loss}},
                 .loss_weights = {{"penalty", 0.25}},
                 .device = "cpu"});
  std::ostringstream out;
  model.print_bindings(out);
  EXPECT_EQ(out.str(),
            "loss binding: main (None, 2) <- mse (needs y), weight 1\n"
            "loss binding: penalty (None, 1) <- identity (passthrough, needs no y), weight 0.25\n"
            "loss binding: aux (None, 1) <- None (not trained, needs no y)\n");
}

}  // namespace
}  // namespace lamina
