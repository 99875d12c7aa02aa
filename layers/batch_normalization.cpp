// SPDX-License-Identifier: Apache-2.0
#include "layers/batch_normalization.h"

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "kernels/batch_norm/batch_norm.h"

namespace lamina {
namespace {

class BatchNormalizationLayer final : public Layer {
 public:
  explicit BatchNormalizationLayer(BatchNormalizationOptions options) : options_(std::move(options)) {
    LAMINA_CHECK(options_.momentum >= 0 && options_.momentum <= 1, "[BatchNormalization] momentum must be within [0, 1], got ",
                 options_.momentum);
    LAMINA_CHECK(options_.epsilon > 0, "[BatchNormalization] epsilon must be above 0, got ", options_.epsilon);
  }

  std::string type() const override { return "BatchNormalization"; }
  bool supports_masking() const override { return true; }

  void build(std::span<const TensorType> inputs) override {
    LAMINA_CHECK(inputs.size() == 1, "[BatchNormalization] takes one input, got ", inputs.size());
    const Shape& x = inputs[0].shape;
    LAMINA_CHECK(is_floating(inputs[0].dtype), "[BatchNormalization] takes floats, got ", inputs[0].dtype);
    LAMINA_CHECK(x.rank() >= 2, "[BatchNormalization] the input needs two axes or more (batch, ..., channels), got ", x);
    const Dim& channels = x[x.rank() - 1];
    LAMINA_CHECK(channels.is_number(), "[BatchNormalization] the last dimension of the input must be known, got ", x);
    const Extents extents{channels.number()};
    if (options_.scale) gamma_ = add_weight("gamma", extents, options_.gamma_initializer, options_.gamma_regularizer);
    if (options_.center) beta_ = add_weight("beta", extents, options_.beta_initializer, options_.beta_regularizer);
    moving_mean_ = add_weight("moving_mean", extents, options_.moving_mean_initializer, {}, false);
    moving_variance_ = add_weight("moving_variance", extents, options_.moving_variance_initializer, {}, false);
  }

  std::vector<Value> call(CallContext& context, std::span<const Value> inputs) override {
    const Value& x = inputs[0];
    const bool frozen = context.is_frozen(*this);
    if (!context.training || (frozen && options_.frozen == FrozenMode::inference)) return {normalised_by_moving(context, x)};
    LAMINA_CHECK(!context.mask_of(x).exists(),
                 "[BatchNormalization] cannot leave masked steps out of the statistics of a batch; put the layer in front of the "
                 "mask, or freeze it");
    const auto parameter_or = [&](const std::shared_ptr<Variable>& variable, double number) {
      return variable ? parameter(context, variable, x) : full(moving_mean_->extents, number, parameter_type(x));
    };
    const BatchNormResult result = batch_norm(x, parameter_or(gamma_, 1), parameter_or(beta_, 0), {.epsilon = options_.epsilon});
    if (!frozen) {
      move(context, moving_mean_, result.mean);
      move(context, moving_variance_, options_.unbiased_moving_variance ? unbiased(result.variance, x) : result.variance);
    }
    return {result.y};
  }

 private:
  // Not context.read(), which rounds to the compute type.
  static Value parameter(CallContext& context, const std::shared_ptr<Variable>& variable, const Value& x) {
    return cast(context.stored(variable), parameter_type(x));
  }
  static DType parameter_type(const Value& x) { return x.dtype() == DType::f64 ? DType::f64 : DType::f32; }

  // One factor and one sum per channel, which can be folded into the weights of a convolution in front.
  Value normalised_by_moving(CallContext& context, const Value& x) const {
    Value scale = rsqrt(parameter(context, moving_variance_, x) + options_.epsilon);
    if (gamma_) scale = scale * parameter(context, gamma_, x);
    Value shift = -(parameter(context, moving_mean_, x) * scale);
    if (beta_) shift = parameter(context, beta_, x) + shift;
    return cast(x * scale + shift, x.dtype());
  }

  // Of M elements a channel; of one alone the variance is 0 either way.
  static Value unbiased(const Value& variance, const Value& x) {
    const Value elements = size_value(x.shape().without_axis(x.shape().rank() - 1).count(), variance.dtype());
    return variance * (elements / maximum(elements - 1.0, 1.0));
  }

  void move(CallContext& context, const std::shared_ptr<Variable>& moving, const Value& statistic) const {
    const Value now = cast(statistic, DType::f32);
    context.update(moving, context.updated(moving) * options_.momentum + now * (1.0 - options_.momentum));
  }

  BatchNormalizationOptions options_;
  std::shared_ptr<Variable> gamma_, beta_, moving_mean_, moving_variance_;
};

}  // namespace

BatchNormalization::BatchNormalization(BatchNormalizationOptions options)
    : LayerHandle(make_layer<BatchNormalizationLayer>({options.name, options.trainable, options.compute_type}, options)) {}

}  // namespace lamina
