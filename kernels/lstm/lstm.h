// SPDX-License-Identifier: Apache-2.0
// A long short-term memory over a whole sequence, one op per direction (Hochreiter and Schmidhuber 1997, with the
// forget gate of Gers, Schmidhuber and Cummins 2000), as Keras 3 computes it. Per step, with z = x_t W + (h r) R + b in
// R^4U,
//
//   i, f, o = recurrent_activation(z_i, z_f, z_o)    g = activation(z_g)        columns of W, R and b: i | f | g | o
//   c' = f c + i g                                   h' = o activation(c')
//
// lstm_backward is an op of its own. It gives the gradient of z; those of x, W, R and b are products over all steps at
// once, which the gradient rule makes of matmul and sum. docs/adr/0008-lstm-implementations.md
#pragma once

#include "core/graph/program.h"
#include "core/graph/value.h"

namespace lamina {

struct LstmOptions {
  // tanh, sigmoid, hard_sigmoid, hard_sigmoid_k2, relu, softplus or copy (linear).
  ScalarFunction activation = ScalarFunction::tanh;
  ScalarFunction recurrent_activation = ScalarFunction::sigmoid;
  // Keras' go_backwards: steps run from the last time to the first, and `sequence` is in the order of the steps.
  bool reverse = false;
  // What a masked step puts out: zeros, or else the output of the step before (zeros before the first). Its state is
  // that of the step before in both cases.
  bool zero_output_for_mask = false;
  // Writes what a gradient needs, 6 U floats a step. Without it a gradient runs the sequence a second time.
  bool keep_for_backward = true;
};

// Tensors that a layer may have or not: empty Values where it has not.
struct LstmOptionalInputs {
  Value bias;               // [4U]
  Value h0, c0;             // [B, U], both or neither; zeros where absent
  Value mask;               // [B, T] of bool: false where a step is skipped
  Value recurrent_dropout;  // [B, U]: the factors r of h, one set for all steps and gates; has no gradient
};

struct LstmResult {
  Value sequence;  // [B, T, U], in the order of the steps
  Value last;  // [B, U]: the last of `sequence`. Differs from h where a mask gives zeros. No steps: h0, zeros if masked
  Value h, c;  // [B, U]: the state after the last step
};

// x [B, T, D], kernel [D, 4U], recurrent [U, 4U], all f32 (f64 on the reference).
LstmResult lstm(const Value& x, const Value& kernel, const Value& recurrent, const LstmOptionalInputs& optional = {},
                const LstmOptions& options = {});

// Inputs: x, kernel, recurrent, then the present ones of bias, h0, c0, mask, recurrent_dropout.
// Outputs: sequence, h, c; with a mask: last; kept for backward, at the times of x: gates [B, T, 4U] (i, f, g, o after
// their functions, zeros where masked), cell_before [B, T, U] and hidden_before [B, T, U], the h r that met R.
struct LstmAttributes {
  ScalarFunction activation = ScalarFunction::tanh;
  ScalarFunction recurrent_activation = ScalarFunction::sigmoid;
  bool reverse = false;
  bool zero_output_for_mask = false;
  bool keep_for_backward = true;
  bool has_bias = false;
  bool has_initial_state = false;
  bool has_mask = false;
  bool has_recurrent_dropout = false;
  template <class Visitor>
  void visit(Visitor&& field) {
    field("activation", activation), field("recurrent_activation", recurrent_activation), field("reverse", reverse);
    field("zero_output_for_mask", zero_output_for_mask), field("keep_for_backward", keep_for_backward);
    field("has_bias", has_bias), field("has_initial_state", has_initial_state), field("has_mask", has_mask);
    field("has_recurrent_dropout", has_recurrent_dropout);
  }
  friend bool operator==(const LstmAttributes&, const LstmAttributes&) = default;
};
const OpDef& lstm_op();

// Inputs: recurrent, gates, cell_before, then the present ones of mask, recurrent_dropout, and the gradients of
// sequence, last, h and c. Outputs: the gradient of z [B, T, 4U], at the times of x; with an initial state: those of h0
// and c0.
struct LstmBackwardAttributes {
  LstmAttributes forward;
  bool has_dsequence = false;
  bool has_dlast = false;
  bool has_dh = false;
  bool has_dc = false;
  template <class Visitor>
  void visit(Visitor&& field) {
    forward.visit(field);
    field("has_dsequence", has_dsequence), field("has_dlast", has_dlast), field("has_dh", has_dh),
        field("has_dc", has_dc);
  }
  friend bool operator==(const LstmBackwardAttributes&, const LstmBackwardAttributes&) = default;
};
const OpDef& lstm_backward_op();

// The kept outputs of an lstm node, in their order.
struct LstmKept {
  Value gates, cell_before, hidden_before;
};

// The gradients of an lstm's outputs; empty where nothing flows.
struct LstmOutputGradients {
  Value sequence, last, h, c;
};

struct LstmStateGradients {
  Value z;       // [B, T, 4U]
  Value h0, c0;  // empty without an initial state
};

LstmStateGradients lstm_backward(const Value& recurrent, const LstmKept& kept, const Value& mask,
                                 const Value& recurrent_dropout, const LstmOutputGradients& gradients,
                                 const LstmAttributes& forward);

}  // namespace lamina
