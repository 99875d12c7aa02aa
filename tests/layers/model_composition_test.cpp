// SPDX-License-Identifier: Apache-2.0
// Models before any training: shared layers, nested models, the order of layers, what is refused, and what is printed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "layers/lamina.h"
#include "tests/testing/expect_error.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::expect_error;

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

TEST(ModelComposition, ModelsAreCalledWithAllOfTheirInputs) {
  const Value x = x4(), y = Input({4}, {.name = "y"});
  const Model body({x, y}, {Add({.name = "sum"})({x, y})}, "body");
  expect_error(ErrorKind::model, "[layer] node \"body/layer\": the model has 2 inputs, called was it with 1", [&] { body(x4()); });
}

TEST(ModelComposition, LayersTakeWeightsOfTheirCountAndShapes) {
  const Dense layer(2), named(2, {.name = "head"});
  const Value x = x4();
  layer(x), named(x);
  const HostTensor kernel(DType::f32, {4, 2}), bias(DType::f32, {2});
  expect_error(ErrorKind::model, "layer dense has 2 weights, got 1", [&] { layer.set_weights({kernel}); });
  expect_error(ErrorKind::model, "layer head has 2 weights, got 3", [&] { named.set_weights({kernel, bias, bias}); });
  expect_error(ErrorKind::model, "weight 'bias' of layer head has shape (2,), got (4, 2)", [&] { named.set_weights({kernel, kernel}); });
  expect_error(ErrorKind::model, "variable 'kernel' has no contents yet; compile or load weights first", [&] { named.weights(); });
  named.set_weights({kernel, bias});
  EXPECT_EQ(named.weights()[0].extents(), (Extents{4, 2}));
}

TEST(ModelComposition, WhatCompileOrAStepMakesIsNotThereBefore) {
  const Value x = x4();
  Model model({x}, {Dense(2)(x)});
  expect_error(ErrorKind::model, "the model has no device before compile or predict", [&] { model.device(); });
  std::ostringstream out;
  const std::string no_plan = "no plan yet: plans are made for the shapes of the first batch";
  expect_error(ErrorKind::model, no_plan, [&] { model.print_plan(out); });
  expect_error(ErrorKind::model, no_plan, [&] { model.print_memory_plan(out); });
  EXPECT_EQ(model.last_plan(), nullptr);
  model.predict(HostTensor(DType::f32, {1, 4}));
  model.print_plan(out);
  model.print_memory_plan(out);
  EXPECT_THAT(out.str(), HasSubstr("matmul"));
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

// The names in the order of summary, inputs among them.
std::vector<std::string> listed(const Model& model) {
  std::vector<std::string> names;
  for (const Listed& entry : model.network().listed()) {
    names.push_back(entry.is_input ? model.input_names()[entry.index] : model.network().calls()[entry.index].name);
  }
  return names;
}

// The orders of Keras 3.15.1 (Model.layers).
TEST(ModelOrder, OfTheFunctionalGuideIsThatOfKeras) {
  const Value main_input = Input({100}, {.name = "main_input", .dtype = DType::i32});
  const Value lstm = LSTM(4)(Embedding(100, 8)(main_input));
  const Value aux_output = Dense(1, {.name = "aux_output"})(lstm);
  const Value aux_input = Input({5}, {.name = "aux_input"});
  Value x = Concatenate()({lstm, aux_input});
  for (int i = 0; i < 3; ++i) x = Dense(4)(x);
  const Model model({main_input, aux_input}, {Dense(1, {.name = "main_output"})(x), aux_output});
  EXPECT_THAT(listed(model), ElementsAre("main_input", "embedding", "lstm", "aux_input", "concatenate", "dense", "dense_1", "dense_2",
                                         "main_output", "aux_output"));
  std::ostringstream out;
  model.summary(out);
  size_t at = 0;
  for (const std::string& name : listed(model)) {
    const size_t found = out.str().find("\n" + name + " (", at);
    ASSERT_NE(found, std::string::npos) << name << " in\n" << out.str();
    at = found;
  }
}

TEST(ModelOrder, OfBranchesGoesByDepthAndThenByTheWalkFromTheOutputs) {
  const Value a = Input({4}, {.name = "a"}), b = Input({4}, {.name = "b"}), c = Input({4}, {.name = "c"});
  const Dense shared(4, {.name = "shared"});
  const Value right = Dense(4, {.name = "right"})(b);
  const Value left = Dense(4, {.name = "left"})(shared(a));
  const Value sum = Add({.name = "sum"})({right, shared(left)});
  const Value tail = Dense(2, {.name = "tail"})(sum), side = Dense(2, {.name = "side"})(right);
  const Value early = Dense(2, {.name = "early"})(shared(b));
  EXPECT_THAT(listed(Model({a, b}, {side, tail, early})),
              ElementsAre("a", "shared", "b", "left", "right", "sum", "side", "tail", "early"));
  EXPECT_THAT(listed(Model({a, b}, {early, tail, side})),
              ElementsAre("b", "a", "shared", "left", "right", "sum", "early", "tail", "side"));
  const Model with_unread({c, a, b}, {tail, side});
  EXPECT_THAT(listed(with_unread), ElementsAre("a", "shared", "b", "left", "right", "sum", "c", "tail", "side"));
  EXPECT_THAT(weight_paths(with_unread), ElementsAre("shared/kernel", "shared/bias", "left/kernel", "left/bias", "right/kernel", "right/bias",
                                                     "tail/kernel", "tail/bias", "side/kernel", "side/bias"));
}

TEST(ModelOrder, OfAShorterBranchIsByItsDistanceFromTheEnd) {
  const Value x = x4();
  const Value longer = Dense(3, {.name = "p2"})(Dense(3, {.name = "p1"})(x)), shorter = Dense(3, {.name = "q1"})(x);
  const Value joined = Concatenate(-1, {.name = "j"})({shorter, longer});
  const Model model({x}, {Dense(1, {.name = "o1"})(joined), Dense(1, {.name = "o2"})(shorter)});
  EXPECT_THAT(listed(model), ElementsAre("x", "p1", "q1", "p2", "j", "o1", "o2"));
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
