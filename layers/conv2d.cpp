// SPDX-License-Identifier: Apache-2.0
#include "layers/conv2d.h"

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "kernels/conv2d/conv2d.h"

namespace lamina {
namespace {

class Conv2DLayer final : public Layer {
 public:
  Conv2DLayer(int64_t filters, Pair kernel_size, Conv2DOptions options)
      : filters_(filters),
        window_(window_of("Conv2D", kernel_size, options.strides, options.dilation_rate, options.padding)),
        options_(std::move(options)) {
    LAMINA_CHECK(filters > 0, "[Conv2D] filters must be positive, got ", filters);
  }

  std::string type() const override { return "Conv2D"; }

  void build(std::span<const TensorType> inputs) override {
    LAMINA_CHECK(inputs.size() == 1, "[Conv2D] takes one input, got ", inputs.size());
    const Shape& x = inputs[0].shape;
    LAMINA_CHECK(x.rank() == 4, "[Conv2D] takes (batch, height, width, channels), got ", x);
    LAMINA_CHECK(x[3].is_number(), "[Conv2D] the channels of the input must be known, got ", x);
    kernel_ = add_weight("kernel", {window_.size[0], window_.size[1], x[3].number(), filters_}, options_.kernel_initializer,
                         options_.kernel_regularizer);
    if (options_.use_bias) bias_ = add_weight("bias", {filters_}, options_.bias_initializer, options_.bias_regularizer);
  }

  std::vector<Value> call(CallContext& context, std::span<const Value> inputs) override {
    Value y = conv2d(inputs[0], context.read(kernel_), window_);
    if (bias_) y = y + context.read(bias_);
    return {options_.activation(y)};
  }

 private:
  int64_t filters_;
  Window window_;
  Conv2DOptions options_;
  std::shared_ptr<Variable> kernel_, bias_;
};

}  // namespace

Conv2D::Conv2D(int64_t filters, Pair kernel_size, Conv2DOptions options)
    : LayerHandle(make_layer<Conv2DLayer>({options.name, options.trainable, options.compute_type}, filters, kernel_size, options)) {}

}  // namespace lamina
