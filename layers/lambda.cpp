// SPDX-License-Identifier: Apache-2.0
#include "layers/lambda.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/graph/pointwise.h"

namespace lamina {
namespace {

class LambdaLayer final : public Layer {
 public:
  LambdaLayer(LambdaFunction function, LambdaMask mask) : function_(std::move(function)), mask_(std::move(mask)) {}

  std::string type() const override { return "Lambda"; }

  std::vector<Value> call(CallContext& context, std::span<const Value> inputs) override {
    LAMINA_CHECK(function_.takes_list() || inputs.size() == 1, "[Lambda] the function takes one Value, but the layer was called with ",
                 inputs.size(), "; let it take a const std::vector<Value>&");
    const Value y = function_({inputs.begin(), inputs.end()}, {context.training, masks_of(context, inputs)});
    LAMINA_CHECK(y.exists(), "[Lambda] the function returned no Value");
    // An input that is returned as it came would keep its mask: a node of its own has the mask that masks() gives.
    const bool is_input = std::any_of(inputs.begin(), inputs.end(), [&](const Value& input) { return input.same_as(y); });
    return {is_input ? apply_scalar(ScalarFunction::copy, {y}) : y};
  }

  std::vector<Value> masks(CallContext& context, std::span<const Value> inputs, std::span<const Value> outputs) override {
    if (mask_.constant()) return {constant_mask(outputs[0])};
    if (!mask_.function()) return {Value()};
    const Value mask = mask_.function()({inputs.begin(), inputs.end()}, masks_of(context, inputs));
    LAMINA_CHECK(!mask.exists() || mask.dtype() == DType::boolean, "[Lambda] the mask must be boolean, got ", mask.type());
    return {mask};
  }

 private:
  static std::vector<Value> masks_of(const CallContext& context, std::span<const Value> inputs) {
    std::vector<Value> masks;
    for (const Value& input : inputs) masks.push_back(context.mask_of(input));
    return masks;
  }

  Value constant_mask(const Value& y) const {
    const HostTensor& mask = *mask_.constant();
    const Extents& extents = mask.extents();
    const int rank = extents.rank();
    const bool fits = mask.dtype() == DType::boolean && (rank == 1 || rank == 2) && y.shape().rank() >= 2 &&
                      y.shape()[1] == Dim(extents[rank - 1]) &&
                      (rank == 1 || extents[0] == 1 || y.shape()[0] == Dim(extents[0]));
    LAMINA_CHECK(fits, "[Lambda] a constant mask ", mask.dtype(), " ", extents, " does not go with the output ", y.shape(),
                 ": it needs one boolean per step, as (time) or (batch, time)");
    return broadcast_to(lamina::constant(mask), Shape{y.shape()[0], y.shape()[1]});
  }

  LambdaFunction function_;
  LambdaMask mask_;
};

}  // namespace

Lambda::Lambda(LambdaFunction function, LambdaOptions options)
    : LayerHandle(make_layer<LambdaLayer>({.name = options.name, .compute_type = options.compute_type}, std::move(function),
                                          std::move(options.mask))) {}

}  // namespace lamina
