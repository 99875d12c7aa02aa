// SPDX-License-Identifier: Apache-2.0
#include "layers/embedding.h"

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "kernels/gather/gather.h"

namespace lamina {
namespace {

class EmbeddingLayer final : public Layer {
 public:
  EmbeddingLayer(int64_t input_dim, int64_t output_dim, EmbeddingOptions options)
      : input_dim_(input_dim), output_dim_(output_dim), options_(std::move(options)) {
    LAMINA_CHECK(input_dim > 0 && output_dim > 0, "[Embedding] input_dim and output_dim must be positive, got ", input_dim, " and ",
                 output_dim);
  }

  std::string type() const override { return "Embedding"; }

  void build(std::span<const TensorType> inputs) override {
    LAMINA_CHECK(inputs.size() == 1, "[Embedding] takes one input, got ", inputs.size());
    embeddings_ = add_weight("embeddings", {input_dim_, output_dim_}, options_.embeddings_initializer, options_.embeddings_regularizer);
  }

  // Token ids may come as floats, as Keras allows.
  std::vector<Value> call(CallContext& context, std::span<const Value> inputs) override {
    return {gather(context.read(embeddings_), cast(inputs[0], DType::i32))};
  }

  std::vector<Value> masks(CallContext&, std::span<const Value> inputs, std::span<const Value>) override {
    return {options_.mask_zero ? not_equal(inputs[0], 0) : Value()};
  }

 private:
  int64_t input_dim_, output_dim_;
  EmbeddingOptions options_;
  std::shared_ptr<Variable> embeddings_;
};

}  // namespace

Embedding::Embedding(int64_t input_dim, int64_t output_dim, EmbeddingOptions options)
    : LayerHandle(make_layer<EmbeddingLayer>({.name = options.name, .trainable = options.trainable}, input_dim, output_dim, options)) {}

}  // namespace lamina
