// SPDX-License-Identifier: Apache-2.0
#include "layers/lstm.h"

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "kernels/dropout/dropout.h"
#include "kernels/lstm/lstm.h"

namespace lamina {
namespace {

ScalarFunction gate_function(const std::string& name) {
  static const std::map<std::string, ScalarFunction> known = {
      {"linear", ScalarFunction::copy},         {"relu", ScalarFunction::relu},
      {"sigmoid", ScalarFunction::sigmoid},     {"hard_sigmoid", ScalarFunction::hard_sigmoid},
      {"softplus", ScalarFunction::softplus},   {"hard_sigmoid_k2", ScalarFunction::hard_sigmoid_k2},
      {"tanh", ScalarFunction::tanh}};
  const auto found = known.find(name);
  if (found != known.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [key, function] : known) names.push_back(key);
  throw Error(ErrorKind::model, text("[LSTM] unknown activation '", name, "'; there are ", join(names), did_you_mean(name, names)));
}

// Whatever the bias initializer gives, the forget gate's part is 1: of Constant(.03) comes [.03, 1, .03, .03], as in Keras.
Initializer with_forget_bias(const Initializer& bias) {
  return {bias.name + ", forget 1", [bias](const Extents& extents, uint64_t seed) {
            HostTensor contents = bias.make(extents, seed);
            const auto values = contents.as<float>();
            const size_t units = values.size() / 4;
            for (size_t i = units; i < 2 * units; ++i) values[i] = 1.0f;
            return contents;
          }};
}

class LstmLayer final : public Layer {
 public:
  LstmLayer(int64_t units, LSTMOptions options)
      : units_(units),
        options_(std::move(options)),
        activation_(gate_function(options_.activation)),
        recurrent_activation_(gate_function(options_.recurrent_activation)) {
    LAMINA_CHECK(units > 0, "[LSTM] units must be positive, got ", units);
    for (const double rate : {options_.dropout, options_.recurrent_dropout}) {
      LAMINA_CHECK(rate >= 0 && rate < 1, "[LSTM] a dropout rate must be within [0, 1), got ", rate);
    }
  }

  std::string type() const override { return "LSTM"; }

  void build(std::span<const TensorType> inputs) override {
    const Shape& x = inputs[0].shape;
    LAMINA_CHECK(x.rank() == 3, "[LSTM] takes (batch, time, features), got ", x);
    LAMINA_CHECK(x[2].is_number(), "[LSTM] the number of features must be known, got ", x);
    kernel_ = add_weight("kernel", {x[2].number(), 4 * units_}, options_.kernel_initializer, options_.kernel_regularizer);
    recurrent_ = add_weight("recurrent_kernel", {units_, 4 * units_}, options_.recurrent_initializer, options_.recurrent_regularizer);
    if (options_.use_bias) {
      const Initializer bias = options_.unit_forget_bias ? with_forget_bias(options_.bias_initializer) : options_.bias_initializer;
      bias_ = add_weight("bias", {4 * units_}, bias, options_.bias_regularizer);
    }
    if (options_.stateful) {
      LAMINA_CHECK(x[0].is_number(),
                   "When using `stateful=True` in a RNN, the batch size must be static. Give Input the option batch_size.");
      for (auto* state : {&state_h_, &state_c_}) {
        *state = add_weight(state == &state_h_ ? "state_h" : "state_c", {x[0].number(), units_}, zeros(), {}, false);
        (*state)->is_state = true;
      }
    }
  }

  std::vector<Value> call(CallContext& context, std::span<const Value> inputs) override {
    LAMINA_CHECK(inputs.size() == 1 || inputs.size() == 3, "[LSTM] is called on {x} or {x, h, c}, got ", inputs.size(), " inputs");
    const DType type = inputs[0].dtype();
    const auto f32 = [](const Value& value) { return cast(value, value.dtype() == DType::f64 ? DType::f64 : DType::f32); };
    Value x = f32(inputs[0]);

    LstmOptionalInputs optional;
    if (bias_) optional.bias = f32(context.read(bias_));
    optional.mask = context.mask_of(inputs[0]);
    if (inputs.size() == 3) {
      optional.h0 = f32(inputs[1]);
      optional.c0 = f32(inputs[2]);
    } else if (options_.stateful) {
      LAMINA_CHECK(x.shape()[0] == Dim(state_h_->extents[0]),
                   "If an RNN is stateful, the batch size of the input sequences must be the same as the batch size of the initial "
                   "state. Found ", x.shape()[0], " and ", state_h_->extents[0]);
      optional.h0 = variable_value(state_h_);
      optional.c0 = variable_value(state_c_);
    }
    const uint32_t input_stream = context.next_random_stream(), recurrent_stream = context.next_random_stream();
    if (context.training && options_.dropout > 0) {
      x = dropout(x, options_.dropout, context.seed, input_stream, context.step(), {1});
    }
    if (context.training && options_.recurrent_dropout > 0) {
      const Value ones = full(Shape{x.shape()[0], units_}, 1);
      optional.recurrent_dropout = dropout(ones, options_.recurrent_dropout, context.seed, recurrent_stream, context.step());
    }
    const LstmResult result = lstm(x, f32(context.read(kernel_)), f32(context.read(recurrent_)), optional,
                                   {.activation = activation_,
                                    .recurrent_activation = recurrent_activation_,
                                    .reverse = options_.go_backwards,
                                    .zero_output_for_mask = options_.zero_output_for_mask,
                                    .keep_for_backward = context.training});
    if (options_.stateful) {
      context.update(state_h_, result.h);
      context.update(state_c_, result.c);
    }
    std::vector<Value> outputs = {options_.return_sequences ? result.sequence : result.last};
    if (options_.return_state) {
      outputs.push_back(result.h);
      outputs.push_back(result.c);
    }
    for (Value& output : outputs) output = cast(output, type);
    return outputs;
  }

  // The mask goes on only with the sequence it belongs to.
  std::vector<Value> masks(CallContext& context, std::span<const Value> inputs, std::span<const Value> outputs) override {
    std::vector<Value> masks(outputs.size());
    if (options_.return_sequences) masks[0] = context.mask_of(inputs[0]);
    return masks;
  }

 private:
  int64_t units_;
  LSTMOptions options_;
  ScalarFunction activation_, recurrent_activation_;
  std::shared_ptr<Variable> kernel_, recurrent_, bias_, state_h_, state_c_;
};

}  // namespace

LSTM::LSTM(int64_t units, LSTMOptions options)
    : LayerHandle(make_layer<LstmLayer>({.name = options.name, .trainable = options.trainable}, units, options)),
      units_(units),
      options_(options) {}

}  // namespace lamina
