// SPDX-License-Identifier: Apache-2.0
// A layer without weights, given by a function: what most small layers are made of.
#pragma once

#include <functional>

#include "layers/layer.h"

namespace lamina {

class FunctionLayer final : public Layer {
 public:
  using Call = std::function<std::vector<Value>(CallContext& context, std::span<const Value> inputs)>;
  // The mask of the one output; absent: none, or the first input's where `keeps_mask`.
  using Mask = std::function<Value(CallContext& context, std::span<const Value> inputs)>;

  FunctionLayer(std::string type, Call call, bool keeps_mask = false, Mask mask = {})
      : type_(std::move(type)), call_(std::move(call)), keeps_mask_(keeps_mask), mask_(std::move(mask)) {}

  std::string type() const override { return type_; }
  bool supports_masking() const override { return keeps_mask_; }
  std::vector<Value> call(CallContext& context, std::span<const Value> inputs) override { return call_(context, inputs); }
  std::vector<Value> masks(CallContext& context, std::span<const Value> inputs, std::span<const Value> outputs) override {
    if (!mask_) return Layer::masks(context, inputs, outputs);
    return std::vector<Value>(outputs.size(), mask_(context, inputs));
  }

 private:
  std::string type_;
  Call call_;
  bool keeps_mask_;
  Mask mask_;
};

}  // namespace lamina
