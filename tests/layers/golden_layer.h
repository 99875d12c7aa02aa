// SPDX-License-Identifier: Apache-2.0
// Layers as the golden files describe them (docs/golden.md): {class, args} with Keras' constructor arguments.
#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "kernels/slice/slice.h"
#include "layers/lamina.h"
#include "tests/layers/golden_picture_layer.h"

namespace lamina::testing {

using nlohmann::json;

// A file that this reader does not understand is a failure, never a case left out.
[[noreturn]] inline void unknown_in_golden(const std::string& what) { throw std::runtime_error("the golden file has " + what); }

inline Regularizer golden_regularizer(const json& args, const std::string& name) {
  if (!args.contains(name)) return {};
  const std::string type = args.at(name).at("class");
  const json& factors = args.at(name).at("args");
  if (type == "L1") return l1(factors.at("l1"));
  if (type == "L2") return l2(factors.at("l2"));
  if (type == "L1L2") return l1_l2(factors.at("l1"), factors.at("l2"));
  unknown_in_golden("an unknown regularizer " + type);
}

inline LSTM golden_lstm(const json& args, const std::string& name = {}) {
  return LSTM(args.at("units"), {.name = name,
                                 .activation = args.value("activation", "tanh"),
                                 .recurrent_activation = args.value("recurrent_activation", "sigmoid"),
                                 .use_bias = args.value("use_bias", true),
                                 .unit_forget_bias = args.value("unit_forget_bias", true),
                                 .dropout = args.value("dropout", 0.0),
                                 .recurrent_dropout = args.value("recurrent_dropout", 0.0),
                                 .return_sequences = args.value("return_sequences", false),
                                 .return_state = args.value("return_state", false),
                                 .go_backwards = args.value("go_backwards", false),
                                 .stateful = args.value("stateful", false),
                                 .zero_output_for_mask = args.value("zero_output_for_mask", false)});
}

inline BatchNormalization golden_batch_normalization(const json& args, const std::string& name = {}) {
  return BatchNormalization({.name = name,
                             .momentum = args.at("momentum"),
                             .epsilon = args.at("epsilon"),
                             .center = args.at("center"),
                             .scale = args.at("scale")});
}

inline MergeMode golden_merge_mode(const json& mode) {
  if (mode.is_null()) return MergeMode::none;
  if (mode == "concat") return MergeMode::concat;
  if (mode == "sum") return MergeMode::sum;
  if (mode == "mul") return MergeMode::mul;
  if (mode == "ave") return MergeMode::ave;
  unknown_in_golden("an unknown merge mode " + mode.dump());
}

inline LayerHandle golden_lambda(const std::string& function, const std::string& name) {
  if (function == "relu_unit1_plus_100") {
    return Lambda([](const Value& x) { return relu(0.001 + slice(x, 1, 1, 2) + 100.0); }, {.name = name});
  }
  if (function == "mean_square_rows") return Lambda([](const Value& x) { return mean(x * x, {-1}, true); }, {.name = name});
  if (function == "squared_distance") {
    return Lambda([](const std::vector<Value>& x) { return sum(square(x[0] - x[1]), {-1}, true); }, {.name = name});
  }
  unknown_in_golden("an unknown function " + function);
}

inline LayerHandle golden_layer(const json& config, const std::string& name = {}) {
  const std::string type = config.at("class");
  const json& args = config.at("args");
  const LayerOptions named = {.name = name};
  if (type == "Dense") {
    return Dense(args.at("units"), {.name = name,
                                    .activation = args.at("activation").get<std::string>(),
                                    .use_bias = args.at("use_bias"),
                                    .kernel_regularizer = golden_regularizer(args, "kernel_regularizer"),
                                    .bias_regularizer = golden_regularizer(args, "bias_regularizer")});
  }
  if (type == "LSTM") return golden_lstm(args, name);
  if (type == "Bidirectional") {
    return Bidirectional(golden_lstm(args.at("layer").at("args")), {.name = name, .merge_mode = golden_merge_mode(args.at("merge_mode"))});
  }
  if (type == "BatchNormalization") return golden_batch_normalization(args, name);
  if (type == "TimeDistributed") return TimeDistributed(golden_layer(args.at("layer")), named);
  if (type == "Embedding") return Embedding(args.at("input_dim"), args.at("output_dim"), {.name = name, .mask_zero = args.at("mask_zero")});
  if (type == "Masking") return Masking(args.at("mask_value"), named);
  if (type == "Activation") return Activation(args.at("activation").get<std::string>(), named);
  if (type == "LeakyReLU") return LeakyReLU(args.at("negative_slope"), named);
  if (type == "Softmax") return Softmax(args.at("axis"), named);
  if (type == "Dropout") return Dropout(args.at("rate"), {.name = name});
  if (type == "Add") return Add(named);
  if (type == "Subtract") return Subtract(named);
  if (type == "Multiply") return Multiply(named);
  if (type == "Average") return Average(named);
  if (type == "Concatenate") return Concatenate(args.at("axis"), named);
  if (type == "Flatten") return Flatten(named);
  if (type == "Permute") return Permute(args.at("dims").get<std::vector<int>>(), named);
  if (type == "RepeatVector") return RepeatVector(args.at("n"), named);
  if (type == "Reshape") {
    Shape target;
    for (const json& dim : args.at("target_shape")) target.push_back(Dim(dim.get<int64_t>()));
    return Reshape(target, named);
  }
  if (type == "Lambda") return golden_lambda(args.at("function"), name);
  if (const std::optional<LayerHandle> picture_layer = golden_picture_layer(type, args, name)) return *picture_layer;
  unknown_in_golden("an unknown layer " + type);
}

}  // namespace lamina::testing
