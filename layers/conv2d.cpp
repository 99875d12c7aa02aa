// SPDX-License-Identifier: Apache-2.0
#include "layers/conv2d.h"

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "kernels/conv2d/conv2d.h"
#include "layers/picture_layer.h"

namespace lamina {
namespace {

class Conv2DLayer final : public Layer {
 public:
  Conv2DLayer(int64_t filters, Size2D kernel_size, Conv2DOptions options)
      : filters_(filters),
        options_(std::move(options)),
        window_options_{"Conv2D", "kernel_size", kernel_size, options_.strides, options_.padding, options_.dilation_rate},
        window_(window_of(window_options_)) {
    LAMINA_CHECK(filters > 0, "[Conv2D] filters must be positive, got ", filters);
  }

  std::string type() const override { return "Conv2D"; }

  void build(std::span<const TensorType> inputs) override {
    check_one_picture("Conv2D", inputs);
    const Shape& x = inputs[0].shape;
    LAMINA_CHECK(x[3].is_number(), "[Conv2D] the number of channels must be known, got ", x);
    kernel_ = add_weight("kernel", {window_.size[0], window_.size[1], x[3].number(), filters_}, options_.kernel_initializer,
                         options_.kernel_regularizer);
    if (options_.use_bias) bias_ = add_weight("bias", {filters_}, options_.bias_initializer, options_.bias_regularizer);
  }

  std::vector<Value> call(CallContext& context, std::span<const Value> inputs) override {
    check_one_picture("Conv2D", inputs);
    check_reach(window_options_, inputs[0].shape());
    Value y = conv2d(inputs[0], context.read(kernel_), window_);
    if (bias_) y = y + context.read(bias_);
    return {options_.activation(y)};
  }

 private:
  int64_t filters_;
  Conv2DOptions options_;
  WindowOptions window_options_;
  Window window_;
  std::shared_ptr<Variable> kernel_, bias_;
};

}  // namespace

Conv2D::Conv2D(int64_t filters, Size2D kernel_size, Conv2DOptions options)
    : LayerHandle(make_layer<Conv2DLayer>({options.name, options.trainable, options.compute_type}, filters, kernel_size,
                                          std::move(options))) {}

}  // namespace lamina
