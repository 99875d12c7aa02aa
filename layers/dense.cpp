// SPDX-License-Identifier: Apache-2.0
#include "layers/dense.h"

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "kernels/matmul/matmul.h"

namespace lamina {
namespace {

class DenseLayer final : public Layer {
 public:
  DenseLayer(int64_t units, DenseOptions options) : units_(units), options_(std::move(options)) {
    LAMINA_CHECK(units > 0, "[Dense] units must be positive, got ", units);
  }

  std::string type() const override { return "Dense"; }
  bool supports_masking() const override { return true; }

  void build(std::span<const TensorType> inputs) override {
    LAMINA_CHECK(inputs.size() == 1, "[Dense] takes one input, got ", inputs.size());
    const Shape& x = inputs[0].shape;
    LAMINA_CHECK(x.rank() >= 2, "[Dense] the input needs two axes or more (batch, ..., features), got ", x);
    const Dim& features = x[x.rank() - 1];
    LAMINA_CHECK(features.is_number(), "[Dense] the last dimension of the input must be known, got ", x);
    kernel_ = add_weight("kernel", {features.number(), units_}, options_.kernel_initializer, options_.kernel_regularizer);
    if (options_.use_bias) bias_ = add_weight("bias", {units_}, options_.bias_initializer, options_.bias_regularizer);
  }

  std::vector<Value> call(CallContext& context, std::span<const Value> inputs) override {
    Value y = matmul(inputs[0], context.read(kernel_));
    if (bias_) y = y + context.read(bias_);
    return {options_.activation(y)};
  }

 private:
  int64_t units_;
  DenseOptions options_;
  std::shared_ptr<Variable> kernel_, bias_;
};

}  // namespace

Dense::Dense(int64_t units, DenseOptions options)
    : LayerHandle(make_layer<DenseLayer>({options.name, options.trainable, options.compute_type}, units, options)) {}

}  // namespace lamina
