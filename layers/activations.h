// SPDX-License-Identifier: Apache-2.0
// What may stand behind `.activation =`: Keras' name, or any function of a Value. Names: linear, relu, relu6,
// leaky_relu (0.2 below zero), elu, gelu, gelu_tanh, silu (swish), sigmoid, hard_sigmoid, hard_sigmoid_k2, tanh,
// softplus, softmax (over the last axis), exponential.
#pragma once

#include <concepts>
#include <functional>
#include <string>

#include "core/graph/value.h"

namespace lamina {

class ActivationFunction {
 public:
  ActivationFunction() : ActivationFunction("linear") {}
  ActivationFunction(const char* name)
      : ActivationFunction(std::string(name)) {}  // NOLINT: names and functions convert
  ActivationFunction(const std::string& name);    // NOLINT; throws, naming the nearest
  template <class Function>
  requires std::is_invocable_r_v<Value, Function, const Value&> ActivationFunction(Function function)
      : name_("function"), function_(std::move(function)) {}  // NOLINT

  Value operator()(const Value& x) const { return function_(x); }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  std::function<Value(const Value&)> function_;
};

}  // namespace lamina
