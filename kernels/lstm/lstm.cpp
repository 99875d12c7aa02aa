// SPDX-License-Identifier: Apache-2.0
#include "kernels/lstm/lstm.h"

#include "core/base/check.h"
#include "core/graph/reduce.h"
#include "core/graph/reshape.h"
#include "kernels/lstm/gates.h"
#include "kernels/matmul/matmul.h"
#include "kernels/op_folder.h"

namespace lamina {

std::vector<OpCase> lstm_cases();
std::vector<OpCase> lstm_backward_cases();

namespace {

void check_tensor(const TensorType& type, DType dtype, const Shape& shape, const char* what) {
  LAMINA_CHECK(type.dtype == dtype && type.shape == shape, what, " must be ", dtype, shape, ", got ", type);
}

void check_gate_function(ScalarFunction function, const char* what) {
  LAMINA_CHECK(is_gate_function(function), what, " '", info_of(function).name,
               "' is not known to lstm; it may be tanh, sigmoid, hard_sigmoid, hard_sigmoid_k2, relu, softplus or copy "
               "(linear)");
}

// The types of the optional inputs from `index` on.
void check_optional(const LstmAttributes& has, std::span<const TensorType> inputs, const Dim& units) {
  const DType dtype = inputs[0].dtype;
  const Dim &batch = inputs[0].shape[0], &steps = inputs[0].shape[1];
  size_t index = 3;
  if (has.has_bias) check_tensor(inputs[index++], dtype, {units * 4}, "bias");
  if (has.has_initial_state) check_tensor(inputs[index++], dtype, {batch, units}, "h0");
  if (has.has_initial_state) check_tensor(inputs[index++], dtype, {batch, units}, "c0");
  if (has.has_mask) check_tensor(inputs[index++], DType::boolean, {batch, steps}, "mask");
  if (has.has_recurrent_dropout) check_tensor(inputs[index++], dtype, {batch, units}, "recurrent_dropout");
  LAMINA_ASSERT(index == inputs.size());
}

std::vector<TensorType> infer_lstm(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& has = attributes.get<LstmAttributes>();
  check_gate_function(has.activation, "activation");
  check_gate_function(has.recurrent_activation, "recurrent_activation");
  const TensorType &x = inputs[0], &recurrent = inputs[2];
  LAMINA_CHECK(x.dtype == DType::f32 || x.dtype == DType::f64, "x must be f32, got ", x, "; use cast()");
  LAMINA_CHECK(x.shape.rank() == 3, "x must be (batch, time, features), got ", x);
  LAMINA_CHECK(recurrent.shape.rank() == 2, "the recurrent kernel must be (units, 4 units), got ", recurrent);
  const Dim units = recurrent.shape[0];
  check_tensor(recurrent, x.dtype, {units, units * 4}, "the recurrent kernel");
  check_tensor(inputs[1], x.dtype, {x.shape[2], units * 4}, "the kernel");
  check_optional(has, inputs, units);

  const Dim &batch = x.shape[0], &steps = x.shape[1];
  const TensorType state{x.dtype, {batch, units}}, per_step{x.dtype, {batch, steps, units}};
  std::vector<TensorType> outputs = {per_step, state, state};
  if (has.has_mask) outputs.push_back(state);
  if (has.keep_for_backward) {
    outputs.push_back({x.dtype, {batch, steps, units * 4}});
    outputs.insert(outputs.end(), 2, per_step);
  }
  return outputs;
}

std::vector<Value> lstm_gradient(const GradientContext& context) {
  const auto& has = context.attributes<LstmAttributes>();
  if (!has.keep_for_backward) {  // once more, keeping what is needed
    LstmAttributes keeping = has;
    keeping.keep_for_backward = true;
    const std::vector<Value> inputs(context.inputs.begin(), context.inputs.end());
    const std::vector<Value> outputs = make_node(lstm_op(), keeping, inputs);
    std::vector<Value> output_gradients(context.output_gradients.begin(), context.output_gradients.end());
    output_gradients.resize(outputs.size());
    return lstm_gradient({*outputs[0].node(), inputs, outputs, output_gradients});
  }
  const Value &x = context.inputs[0], &kernel = context.inputs[1], &recurrent = context.inputs[2];
  size_t index = 3 + has.has_bias + (has.has_initial_state ? 2 : 0);
  const Value mask = has.has_mask ? context.inputs[index++] : Value();
  const Value recurrent_dropout = has.has_recurrent_dropout ? context.inputs[index] : Value();
  const size_t kept = 3 + has.has_mask;
  LstmOutputGradients given{context.output_gradients[0], {}, context.output_gradients[1], context.output_gradients[2]};
  if (has.has_mask) given.last = context.output_gradients[3];
  const Value& hidden_before = context.outputs[kept + 2];
  const auto [dz, dh0, dc0] =
      lstm_backward(recurrent, {context.outputs[kept], context.outputs[kept + 1], hidden_before}, mask,
                    recurrent_dropout, given, has);

  const auto rows = [](const Value& value) {
    return reshape(value, {value.shape()[0] * value.shape()[1], value.shape()[2]});
  };
  const Value dz_rows = rows(dz);
  std::vector<Value> gradients = {matmul(dz, kernel, false, true), matmul(rows(x), dz_rows, true),
                                  matmul(rows(hidden_before), dz_rows, true)};
  if (has.has_bias) gradients.push_back(sum(dz_rows, {0}));
  if (has.has_initial_state) gradients.insert(gradients.end(), {dh0, dc0});
  gradients.resize(context.inputs.size());
  return gradients;
}

// Products count 2 per multiply-add; the gates of a unit some 30.
double lstm_flops(const Attributes&, std::span<const TensorType> inputs, std::span<const TensorType>) {
  const Extents x = inputs[0].shape.extents(), recurrent = inputs[2].shape.extents();
  const double rows = static_cast<double>(x[0] * x[1]), units = static_cast<double>(recurrent[0]);
  return rows * units * (8 * (static_cast<double>(x[2]) + units) + 30);
}

}  // namespace

const OpDef& lstm_op() {
  static const OpDef op{.name = "lstm", .infer = infer_lstm, .gradient = lstm_gradient, .flops = lstm_flops};
  return op;
}

LstmResult lstm(const Value& x, const Value& kernel, const Value& recurrent, const LstmOptionalInputs& optional,
                const LstmOptions& options) {
  LAMINA_CHECK(optional.h0.exists() == optional.c0.exists(),
               "[lstm] an initial state needs both h0 and c0, or neither");
  LstmAttributes has{options.activation, options.recurrent_activation, options.reverse, options.zero_output_for_mask,
                     options.keep_for_backward};
  has.has_bias = optional.bias.exists();
  has.has_initial_state = optional.h0.exists();
  has.has_mask = optional.mask.exists();
  has.has_recurrent_dropout = optional.recurrent_dropout.exists();
  std::vector<Value> inputs = {x, kernel, recurrent};
  for (const Value& value : {optional.bias, optional.h0, optional.c0, optional.mask, optional.recurrent_dropout}) {
    if (value.exists()) inputs.push_back(value);
  }
  const std::vector<Value> outputs = make_node(lstm_op(), has, inputs);
  return {outputs[0], has.has_mask ? outputs[3] : outputs[1], outputs[1], outputs[2]};
}

std::vector<OpEntry> lstm_ops() { return {{lstm_op(), lstm_cases}, {lstm_backward_op(), lstm_backward_cases}}; }

}  // namespace lamina
