// SPDX-License-Identifier: Apache-2.0
// What users read who make or call a layer wrongly: one row per message. A mistake in a call names the node; one in the
// options is found before there is a node.
#include "layers/lamina.h"
#include "tests/layers/mistake.h"

namespace lamina {
namespace {

using testing::at;
using testing::Mistake;

Value image() { return Input({5, 3}, {.name = "image"}); }
Value row() { return Input({4}, {.name = "row"}); }
Value of_unknown_width() { return Input({5, Dim::symbol("width")}, {.name = "wide"}); }

const std::vector<Mistake>& mistakes() {
  static const std::vector<Mistake> table = {
      {"ActivationOfTwo", [] { Activation("relu")({row(), row()}); }, at("activation", "[Activation] takes one input, got 2")},
      {"LeakyReluOfTwo", [] { LeakyReLU(0.1)({row(), row()}); }, at("leaky_re_lu", "[LeakyReLU] takes one input, got 2")},
      {"LeakyReluSlope", [] { LeakyReLU(-0.5); }, "[LeakyReLU] negative_slope must not be negative, got -0.5"},

      {"BatchNormalizationMomentum", [] { BatchNormalization({.momentum = 1.5}); },
       "[BatchNormalization] momentum must be within [0, 1], got 1.5"},
      {"BatchNormalizationEpsilon", [] { BatchNormalization({.epsilon = 0}); }, "[BatchNormalization] epsilon must be above 0, got 0"},
      {"BatchNormalizationOfTwo", [] { BatchNormalization()({row(), row()}); },
       at("batch_normalization", "[BatchNormalization] takes one input, got 2")},
      {"BatchNormalizationOfAVector", [] { BatchNormalization()(Input({}, {.name = "v"})); },
       at("batch_normalization", "[BatchNormalization] the input needs two axes or more (batch, ..., channels), got (batch,)")},
      {"BatchNormalizationOfWords", [] { BatchNormalization()(Input({3}, {.name = "words", .dtype = DType::i32})); },
       at("batch_normalization", "[BatchNormalization] takes floats, got i32")},
      {"BatchNormalizationOfUnknownWidth", [] { BatchNormalization()(of_unknown_width()); },
       at("batch_normalization", "[BatchNormalization] the last dimension of the input must be known, got (batch, 5, width)")},

      {"BidirectionalInputs", [] { Bidirectional(LSTM(2))({image(), row()}); },
       at("bidirectional", "[Bidirectional] is called on {x} or {x, h, c, h, c}, got 2 inputs")},

      {"DenseUnits", [] { Dense(0); }, "[Dense] units must be positive, got 0"},
      {"DenseOfTwo", [] { Dense(2)({row(), row()}); }, at("dense", "[Dense] takes one input, got 2")},
      {"DenseOfAVector", [] { Dense(2)(Input({}, {.name = "v"})); },
       at("dense", "[Dense] the input needs two axes or more (batch, ..., features), got (batch,)")},
      {"DenseOfUnknownWidth", [] { Dense(2)(of_unknown_width()); },
       at("dense", "[Dense] the last dimension of the input must be known, got (batch, 5, width)")},

      {"DropoutOfTwo", [] { Dropout(0.5)({row(), row()}); }, at("dropout", "[Dropout] takes one input, got 2")},
      {"DropoutOfAll", [] { Dropout(1); },
       "Invalid value received for argument `rate`. Expected a float value between 0 and 1. Received: rate=1"},
      {"DropoutBelowZero", [] { Dropout(-0.25); },
       "Invalid value received for argument `rate`. Expected a float value between 0 and 1. Received: rate=-0.25"},

      {"EmbeddingDims", [] { Embedding(0, 8); }, "[Embedding] input_dim and output_dim must be positive, got 0 and 8"},
      {"EmbeddingOfTwo", [] { Embedding(4, 8)({row(), row()}); }, at("embedding", "[Embedding] takes one input, got 2")},

      {"LambdaOfTwo", [] { Lambda([](const Value& x) { return x; })({row(), row()}); },
       at("lambda", "[Lambda] the function takes one Value, but the layer was called with 2; let it take a const std::vector<Value>&")},
      {"LambdaOfNothing", [] { Lambda([](const Value&) { return Value(); })(row()); }, at("lambda", "[Lambda] the function returned no Value")},

      {"LstmActivation", [] { LSTM(2, {.activation = "tnah"}); },
       "[LSTM] unknown activation 'tnah'; there are hard_sigmoid, hard_sigmoid_k2, linear, relu, sigmoid, softplus, tanh (did you mean "
       "'tanh'?)"},
      {"LstmRecurrentActivation", [] { LSTM(2, {.recurrent_activation = "gelu"}); },
       "[LSTM] unknown activation 'gelu'; there are hard_sigmoid, hard_sigmoid_k2, linear, relu, sigmoid, softplus, tanh (did you mean "
       "'relu'?)"},
      {"LstmUnits", [] { LSTM(-1); }, "[LSTM] units must be positive, got -1"},
      {"LstmDropout", [] { LSTM(2, {.dropout = 1}); }, "[LSTM] a dropout rate must be within [0, 1), got 1"},
      {"LstmRecurrentDropout", [] { LSTM(2, {.recurrent_dropout = -0.5}); }, "[LSTM] a dropout rate must be within [0, 1), got -0.5"},
      {"LstmOfARow", [] { LSTM(2)(row()); }, at("lstm", "[LSTM] takes (batch, time, features), got (batch, 4)")},
      {"LstmOfUnknownWidth", [] { LSTM(2)(of_unknown_width()); },
       at("lstm", "[LSTM] the number of features must be known, got (batch, 5, width)")},
      {"LstmInputs", [] { LSTM(2)({image(), row()}); }, at("lstm", "[LSTM] is called on {x} or {x, h, c}, got 2 inputs")},

      {"MaskingOfTwo", [] { Masking()({image(), image()}); }, at("masking", "[Masking] takes one input, got 2")},

      {"AddOfOne", [] { Add()({row()}); }, at("add", "A merge layer should be called on a list of at least 2 inputs. Received 1")},
      {"SubtractOfThree", [] { Subtract()({row(), row(), row()}); }, at("subtract", "[Subtract] takes 2 inputs, got 3")},
      {"ConcatenateOfNone", [] { Concatenate()(std::vector<Value>{}); },
       at("concatenate", "A merge layer should be called on a list of at least 1 inputs. Received 0")},

      {"FlattenOfTwo", [] { Flatten()({row(), row()}); }, at("flatten", "[Flatten] takes one input, got 2")},
      {"ReshapeOfTwoUnknowns", [] { Reshape({-1, -1})(image()); }, at("reshape", "[Reshape] only one dimension of (-1, -1) may be -1")},
      {"ReshapeToAnotherSize", [] { Reshape({4, 4})(image()); },
       at("reshape", "The total size of the tensor must be unchanged. Received: input_shape=(batch, 5, 3), target_shape=(4, 4)")},
      {"ReshapeToAFraction", [] { Reshape({-1, 4})(image()); },
       at("reshape", "The total size of the tensor must be unchanged. Received: input_shape=(batch, 5, 3), target_shape=(-1, 4)")},
      {"PermuteOfAnAxisTwice", [] { Permute({1, 1})(image()); },
       at("permute", "[Permute] the order must name the axes 1 to 2 once each, got (1, 1)")},
      {"PermuteOfTooFew", [] { Permute({1})(image()); }, at("permute", "[Permute] the order must name the axes 1 to 2 once each, got (1)")},
      {"RepeatVectorTimes", [] { RepeatVector(0)(row()); },
       at("repeat_vector", "[RepeatVector] the number of repeats must be positive, got 0")},
      {"RepeatVectorOfAnImage", [] { RepeatVector(2)(image()); },
       at("repeat_vector", "[RepeatVector] takes (batch, features), got (batch, 5, 3)")},

      {"TimeDistributedOfARow", [] { TimeDistributed(Dense(2))(row()); },
       at("time_distributed",
          "`TimeDistributed` Layer should be passed an `input_shape` with at least 3 dimensions, received: (batch, 4)")},
      {"TimeDistributedOfTwo", [] { TimeDistributed(Dense(2))({image(), image()}); },
       at("time_distributed", "[TimeDistributed] takes one input, got 2")},
  };
  return table;
}

class LayerMistake : public testing::MistakeTest {};

TEST_P(LayerMistake, IsToldWordForWord) { expect_told(); }

INSTANTIATE_TEST_SUITE_P(Layers, LayerMistake, ::testing::ValuesIn(mistakes()), LayerMistake::name);

}  // namespace
}  // namespace lamina
