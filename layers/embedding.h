// SPDX-License-Identifier: Apache-2.0
// y[..., output_dim] = embeddings[input_dim, output_dim] at the whole numbers x[...].
#pragma once

#include "layers/layer.h"

namespace lamina {

struct EmbeddingOptions {
  std::string name = {};
  Initializer embeddings_initializer = random_uniform();
  Regularizer embeddings_regularizer = {};
  bool mask_zero = false;  // 0 is padding: the layers behind skip its steps
  bool trainable = true;
};

class Embedding : public LayerHandle {
 public:
  Embedding(int64_t input_dim, int64_t output_dim, EmbeddingOptions options = {});
};

}  // namespace lamina
