// SPDX-License-Identifier: Apache-2.0
// A user's function of Values as a layer. It is traced, so it is built from differentiable ops and cannot branch on
// contents (where() chooses). It gets one Value, or the list as it was passed: a list of one stays a list.
#pragma once

#include <functional>

#include "layers/layer.h"

namespace lamina {

struct LambdaOptions {
  std::string name = {};
  std::function<Value(const Value& mask)> mask = {};  // the mask of the output; absent: the input's mask ends here
  std::optional<DType> compute_type = {};             // f32 keeps a loss exact under mixed_bfloat16
};

class Lambda : public LayerHandle {
 public:
  using OfOne = std::function<Value(const Value& x)>;
  using OfList = std::function<Value(const std::vector<Value>& x)>;

  template <class Function>
    requires std::is_invocable_r_v<Value, Function, const Value&>
  explicit Lambda(Function function, LambdaOptions options = {}) : Lambda(OfOne(std::move(function)), OfList(), std::move(options)) {}

  template <class Function>
    requires(std::is_invocable_r_v<Value, Function, const std::vector<Value>&> && !std::is_invocable_r_v<Value, Function, const Value&>)
  explicit Lambda(Function function, LambdaOptions options = {}) : Lambda(OfOne(), OfList(std::move(function)), std::move(options)) {}

 private:
  Lambda(OfOne of_one, OfList of_list, LambdaOptions options);
};

}  // namespace lamina
