// SPDX-License-Identifier: Apache-2.0
// Long short-term memory over x[batch, time, features] with every option of Keras' layer: gates in the order i, f, c, o,
// kernel [features, 4 units], recurrent_kernel [units, 4 units], one bias [4 units].
#pragma once

#include "layers/layer.h"

namespace lamina {

struct LSTMOptions {
  std::string name = {};
  std::string activation = "tanh";  // linear, relu, sigmoid, hard_sigmoid, hard_sigmoid_k2, softplus, tanh
  std::string recurrent_activation = "sigmoid";
  bool use_bias = true;
  Initializer kernel_initializer = glorot_uniform();
  Initializer recurrent_initializer = orthogonal();
  Initializer bias_initializer = zeros();
  bool unit_forget_bias = true;  // the forget gate's part of the initial bias is 1
  Regularizer kernel_regularizer = {};
  Regularizer recurrent_regularizer = {};
  Regularizer bias_regularizer = {};
  double dropout = 0;            // of the inputs, in training: one mask per batch for all steps and gates
  double recurrent_dropout = 0;  // of the state that meets the recurrent kernel, likewise
  bool return_sequences = false; // [batch, time, units] instead of the last output
  bool return_state = false;     // outputs(...) gives output, h, c
  bool go_backwards = false;     // from the last step to the first; sequences come out in that order
  bool stateful = false;         // starts where the batch before ended; needs a fixed batch size
  bool zero_output_for_mask = false;  // a masked step gives zeros instead of the output before it
  bool trainable = true;
};

class LSTM : public LayerHandle {
 public:
  explicit LSTM(int64_t units, LSTMOptions options = {});

  // Called on {x}, or on {x, h, c} to start from a given state.
  int64_t units() const { return units_; }
  const LSTMOptions& options() const { return options_; }

 private:
  int64_t units_;
  LSTMOptions options_;
};

}  // namespace lamina
