// SPDX-License-Identifier: Apache-2.0
#include "layers/activations.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "kernels/softmax/softmax.h"

namespace lamina {
namespace {

using Function = Value (*)(const Value&);

const std::vector<std::pair<std::string, Function>>& table() {
  static const std::vector<std::pair<std::string, Function>> rows = {
      {"linear", [](const Value& x) { return x; }},
      {"relu", relu},
      {"relu6", [](const Value& x) { return minimum(relu(x), 6.0); }},
      {"leaky_relu", [](const Value& x) { return leaky_relu(x, 0.2); }},
      {"elu", [](const Value& x) { return elu(x, 1.0); }},
      {"gelu", gelu},
      {"gelu_tanh", gelu_tanh},
      {"silu", silu},
      {"swish", silu},
      {"sigmoid", sigmoid},
      {"hard_sigmoid", hard_sigmoid},
      {"hard_sigmoid_k2", hard_sigmoid_k2},
      {"tanh", tanh},
      {"softplus", softplus},
      {"softmax", [](const Value& x) { return softmax(x, -1); }},
      {"exponential", exp},
  };
  return rows;
}

Function function_named(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [known, function] : table()) {
    if (known == name) return function;
    names.push_back(known);
  }
  throw Error(ErrorKind::model,
              text("Could not interpret activation function identifier: ", name, did_you_mean(name, names)));
}

}  // namespace

ActivationFunction::ActivationFunction(const std::string& name) : name_(name), function_(function_named(name)) {}

}  // namespace lamina
