// SPDX-License-Identifier: Apache-2.0
// The meaning of lstm_backward. There is no second derivative.
#include "core/base/check.h"
#include "kernels/lstm/lstm.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_lstm_backward(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& has = attributes.get<LstmBackwardAttributes>();
  const TensorType& cell_before = inputs[2];
  LAMINA_CHECK(cell_before.shape.rank() == 3, "cell_before must be (batch, time, units), got ", cell_before);
  const DType dtype = cell_before.dtype;
  LAMINA_CHECK(dtype == DType::f32 || dtype == DType::f64, "cell_before must be f32, got ", cell_before);
  const Dim &batch = cell_before.shape[0], &steps = cell_before.shape[1], &units = cell_before.shape[2];
  const TensorType state{dtype, {batch, units}}, gates{dtype, {batch, steps, units * 4}};
  std::vector<TensorType> expected = {{dtype, {units, units * 4}}, gates, cell_before};
  if (has.forward.has_mask) expected.push_back({DType::boolean, {batch, steps}});
  if (has.forward.has_recurrent_dropout) expected.push_back(state);
  if (has.has_dsequence) expected.push_back(cell_before);
  for (const bool present : {has.has_dlast, has.has_dh, has.has_dc}) {
    if (present) expected.push_back(state);
  }
  LAMINA_CHECK(expected.size() == inputs.size(), "takes ", expected.size(), " inputs, got ", inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    LAMINA_CHECK(inputs[i] == expected[i], "input ", i, " must be ", expected[i], ", got ", inputs[i]);
  }
  std::vector<TensorType> outputs = {gates};
  if (has.forward.has_initial_state) outputs.insert(outputs.end(), 2, state);
  return outputs;
}

// One product with the transposed recurrent kernel per step; the gates of a unit some 30.
double lstm_backward_flops(const Attributes&, std::span<const TensorType> inputs, std::span<const TensorType>) {
  const Extents cells = inputs[2].shape.extents();
  return static_cast<double>(cells.count()) * (8 * static_cast<double>(cells[2]) + 30);
}

}  // namespace

const OpDef& lstm_backward_op() {
  static const OpDef op{.name = "lstm_backward", .infer = infer_lstm_backward, .flops = lstm_backward_flops};
  return op;
}

LstmStateGradients lstm_backward(const Value& recurrent, const LstmKept& kept, const Value& mask,
                                 const Value& recurrent_dropout, const LstmOutputGradients& gradients,
                                 const LstmAttributes& forward) {
  const LstmBackwardAttributes has{forward, gradients.sequence.exists(), gradients.last.exists(), gradients.h.exists(),
                                   gradients.c.exists()};
  std::vector<Value> inputs = {recurrent, kept.gates, kept.cell_before};
  for (const Value& value : {mask, recurrent_dropout, gradients.sequence, gradients.last, gradients.h, gradients.c}) {
    if (value.exists()) inputs.push_back(value);
  }
  const std::vector<Value> outputs = make_node(lstm_backward_op(), has, inputs);
  return {outputs[0], forward.has_initial_state ? outputs[1] : Value(),
          forward.has_initial_state ? outputs[2] : Value()};
}

}  // namespace lamina
