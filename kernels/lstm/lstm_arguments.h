// SPDX-License-Identifier: Apache-2.0
// The tensors of an lstm or lstm_backward node as named pointers, null where absent. Plain structs, so that kernels
// take them by value. Shapes stand in lstm.h.
#pragma once

#include "core/op/kernel_impl.h"
#include "kernels/lstm/lstm.h"

namespace lamina {

struct LstmShape {
  int64_t batch = 0, steps = 0, features = 0, units = 0;
  bool reverse = false;

  // The time in x, mask and the kept tensors that step number `step` works on.
  constexpr int64_t time_of(int64_t step) const { return reverse ? steps - 1 - step : step; }
  constexpr bool is_empty() const { return batch == 0 || steps == 0 || features == 0 || units == 0; }
};

inline LstmShape lstm_shape_of(const LstmAttributes& attributes, const Extents& x, const Extents& recurrent) {
  return {x[0], x[1], x[2], recurrent[0], attributes.reverse};
}

// The functions and choices that kernels need of the attributes.
struct LstmRule {
  ScalarFunction activation;
  ScalarFunction recurrent_activation;
  bool zero_output_for_mask;
};

inline LstmRule lstm_rule_of(const LstmAttributes& attributes) {
  return {attributes.activation, attributes.recurrent_activation, attributes.zero_output_for_mask};
}

// Hands out the views of a node in order, skipping those that are absent.
class ViewReader {
 public:
  explicit ViewReader(std::span<const TensorView> views) : views_(views) {}
  template <class T>
  T* next(bool present = true) {
    return present ? views_[index_++].as<T>() : nullptr;
  }

 private:
  std::span<const TensorView> views_;
  size_t index_ = 0;
};

template <class T>
struct LstmForward {
  LstmShape shape;
  LstmRule rule;
  const T *x, *kernel, *recurrent, *bias, *h0, *c0;
  const bool* mask;
  const T* recurrent_dropout;
  T *sequence, *h, *c, *last, *gates, *cell_before, *hidden_before;
};

template <class T>
LstmForward<T> lstm_forward_of(const KernelContext& context) {
  const auto& has = context.attributes.get<LstmAttributes>();
  LstmForward<T> it{};
  it.shape = lstm_shape_of(has, context.inputs[0].extents, context.inputs[2].extents);
  it.rule = lstm_rule_of(has);
  ViewReader inputs(context.inputs), outputs(context.outputs);
  it.x = inputs.next<T>(), it.kernel = inputs.next<T>(), it.recurrent = inputs.next<T>();
  it.bias = inputs.next<T>(has.has_bias);
  it.h0 = inputs.next<T>(has.has_initial_state), it.c0 = inputs.next<T>(has.has_initial_state);
  it.mask = inputs.next<bool>(has.has_mask);
  it.recurrent_dropout = inputs.next<T>(has.has_recurrent_dropout);
  it.sequence = outputs.next<T>(), it.h = outputs.next<T>(), it.c = outputs.next<T>();
  it.last = outputs.next<T>(has.has_mask);
  it.gates = outputs.next<T>(has.keep_for_backward), it.cell_before = outputs.next<T>(has.keep_for_backward);
  it.hidden_before = outputs.next<T>(has.keep_for_backward);
  return it;
}

template <class T>
struct LstmBackward {
  LstmShape shape;  // features are not known here: 0
  LstmRule rule;
  const T *recurrent, *gates, *cell_before;
  const bool* mask;
  const T* recurrent_dropout;
  const T *dsequence, *dlast, *dh, *dc;
  T *dz, *dh0, *dc0;
};

template <class T>
LstmBackward<T> lstm_backward_of(const KernelContext& context) {
  const auto& has = context.attributes.get<LstmBackwardAttributes>();
  LstmBackward<T> it{};
  const Extents& cell_before = context.inputs[2].extents;
  it.shape = {cell_before[0], cell_before[1], 0, cell_before[2], has.forward.reverse};
  it.rule = lstm_rule_of(has.forward);
  ViewReader inputs(context.inputs), outputs(context.outputs);
  it.recurrent = inputs.next<T>(), it.gates = inputs.next<T>(), it.cell_before = inputs.next<T>();
  it.mask = inputs.next<bool>(has.forward.has_mask);
  it.recurrent_dropout = inputs.next<T>(has.forward.has_recurrent_dropout);
  it.dsequence = inputs.next<T>(has.has_dsequence), it.dlast = inputs.next<T>(has.has_dlast);
  it.dh = inputs.next<T>(has.has_dh), it.dc = inputs.next<T>(has.has_dc);
  it.dz = outputs.next<T>();
  it.dh0 = outputs.next<T>(has.forward.has_initial_state), it.dc0 = outputs.next<T>(has.forward.has_initial_state);
  return it;
}

}  // namespace lamina
