// SPDX-License-Identifier: Apache-2.0
// Cases of lstm and lstm_backward: one list of shapes and options serves both. Weights stay within 1/2, so that no gate
// is lost to saturation.
#include "core/op/op_case.h"
#include "kernels/lstm/lstm.h"

namespace lamina {
namespace {

struct LstmCase {
  const char* name;
  CaseTag tag = CaseTag::small;
  int64_t batch = 3, steps = 5, features = 4, units = 8;
  LstmAttributes has = {.has_bias = true};
  // Of backward: which outputs have a gradient.
  bool dsequence = true, dlast = true, dh = true, dc = true;
};

using enum ScalarFunction;
using enum CaseTag;

std::vector<LstmCase> all_options() {
  return {
      {.name = "plain"},
      {.name = "no_bias", .has = {}},
      {.name = "reverse", .has = {.reverse = true, .has_bias = true}},
      {.name = "initial_state", .has = {.has_bias = true, .has_initial_state = true}},
      {.name = "mask", .has = {.has_bias = true, .has_mask = true}},
      {.name = "mask_zero_output", .has = {.zero_output_for_mask = true, .has_bias = true, .has_mask = true}},
      {.name = "mask_reverse_state",
       .has = {.reverse = true, .has_bias = true, .has_initial_state = true, .has_mask = true}},
      {.name = "recurrent_dropout", .has = {.has_bias = true, .has_recurrent_dropout = true}},
      {.name = "everything",
       .has = {.reverse = true,
               .zero_output_for_mask = true,
               .has_bias = true,
               .has_initial_state = true,
               .has_mask = true,
               .has_recurrent_dropout = true}},
      {.name = "only_sequence", .dlast = false, .dh = false, .dc = false},
      {.name = "only_h", .dsequence = false, .dlast = false, .dc = false},
      {.name = "only_last", .has = {.has_bias = true, .has_mask = true}, .dsequence = false, .dh = false, .dc = false},
      {.name = "hard_sigmoid", .has = {.recurrent_activation = hard_sigmoid, .has_bias = true}},
      {.name = "hard_sigmoid_k2", .has = {.recurrent_activation = hard_sigmoid_k2, .has_bias = true}},
      {.name = "relu", .has = {.activation = relu, .has_bias = true}},
      {.name = "linear", .has = {.activation = copy, .has_bias = true}},
      {.name = "softplus", .has = {.activation = softplus, .has_bias = true}},
      {.name = "functions_swapped", .has = {.activation = sigmoid, .recurrent_activation = tanh, .has_bias = true}},
  };
}

std::vector<LstmCase> all_shapes() {
  std::vector<LstmCase> cases = {
      {.name = "ones", .tag = odd, .batch = 1, .steps = 1, .features = 1, .units = 1},
      {.name = "one_row", .tag = odd, .batch = 1, .steps = 7, .features = 3, .units = 17},
      {.name = "one_step", .tag = odd, .batch = 8, .steps = 1, .features = 4, .units = 33},
      {.name = "two_steps", .tag = odd, .batch = 8, .steps = 2, .features = 33, .units = 4},
      {.name = "one_feature", .tag = odd, .batch = 3, .steps = 7, .features = 1, .units = 3},
      {.name = "one_unit", .tag = odd, .batch = 3, .steps = 7, .features = 8, .units = 1},
      {.name = "tails", .tag = odd, .batch = 17, .steps = 5, .features = 17, .units = 33},
      {.name = "no_steps", .tag = odd, .steps = 0},
      {.name = "no_rows", .tag = odd, .batch = 0},
  };
  for (LstmCase one :
       {LstmCase{.name = "tails_everything", .tag = odd, .batch = 17, .steps = 5, .features = 17, .units = 33},
        LstmCase{.name = "no_steps_everything", .tag = odd, .steps = 0}}) {
    one.has = {
        .reverse = true, .has_bias = true, .has_initial_state = true, .has_mask = true, .has_recurrent_dropout = true};
    cases.push_back(one);
  }
  cases.push_back(
      {.name = "bench_100_32_128_64", .tag = bench, .batch = 32, .steps = 100, .features = 128, .units = 64});
  cases.push_back(
      {.name = "bench_128_64_512_512", .tag = bench, .batch = 64, .steps = 128, .features = 512, .units = 512});
  return cases;
}

std::vector<LstmCase> all_cases() {
  std::vector<LstmCase> cases = all_options();
  for (const LstmCase& one : all_shapes()) cases.push_back(one);
  return cases;
}

CaseInput weights(Extents extents) { return {.extents = extents, .low = -0.5, .high = 0.5}; }
CaseInput mask_of(const LstmCase& one) {
  return {.extents = {one.batch, one.steps},
          .dtype = DType::boolean,
          .fill = CaseInput::Fill::integers,
          .low = 0,
          .high = 1};
}

OpCase forward_case(const LstmCase& one, bool keep) {
  OpCase made{.name = std::string(one.name) + (keep ? "" : "_predict"), .tag = one.tag};
  const Extents state{one.batch, one.units};
  made.inputs = {{.extents = {one.batch, one.steps, one.features}},
                 weights({one.features, 4 * one.units}),
                 weights({one.units, 4 * one.units})};
  if (one.has.has_bias) made.inputs.push_back(weights({4 * one.units}));
  if (one.has.has_initial_state) made.inputs.insert(made.inputs.end(), 2, {.extents = state});
  if (one.has.has_mask) made.inputs.push_back(mask_of(one));
  if (one.has.has_recurrent_dropout)
    made.inputs.push_back({.extents = state, .low = 0, .high = 2, .differentiable = false});
  made.build = [has = one.has, keep](std::span<const Value> inputs) {
    size_t index = 3;
    const auto next = [&](bool present) { return present ? inputs[index++] : Value(); };
    LstmOptionalInputs optional;
    optional.bias = next(has.has_bias);
    optional.h0 = next(has.has_initial_state), optional.c0 = next(has.has_initial_state);
    optional.mask = next(has.has_mask);
    optional.recurrent_dropout = next(has.has_recurrent_dropout);
    const LstmResult result =
        lstm(inputs[0], inputs[1], inputs[2], optional,
             {has.activation, has.recurrent_activation, has.reverse, has.zero_output_for_mask, keep});
    std::vector<Value> outputs = {result.sequence, result.h, result.c};
    if (has.has_mask) outputs.push_back(result.last);
    return outputs;
  };
  return made;
}

OpCase backward_case(const LstmCase& one) {
  OpCase made{.name = one.name, .tag = one.tag};
  const Extents state{one.batch, one.units}, per_step{one.batch, one.steps, one.units};
  made.inputs = {weights({one.units, 4 * one.units}),
                 {.extents = {one.batch, one.steps, 4 * one.units}, .low = 0.1, .high = 0.9},
                 {.extents = per_step}};
  if (one.has.has_mask) made.inputs.push_back(mask_of(one));
  if (one.has.has_recurrent_dropout) made.inputs.push_back({.extents = state, .low = 0, .high = 2});
  const bool dlast = one.dlast && one.has.has_mask;
  if (one.dsequence) made.inputs.push_back({.extents = per_step});
  for (const bool present : {dlast, one.dh, one.dc}) {
    if (present) made.inputs.push_back({.extents = state});
  }
  made.build = [one, dlast](std::span<const Value> inputs) {
    size_t index = 3;
    const auto next = [&](bool present) { return present ? inputs[index++] : Value(); };
    const Value mask = next(one.has.has_mask), recurrent_dropout = next(one.has.has_recurrent_dropout);
    LstmOutputGradients given;
    given.sequence = next(one.dsequence), given.last = next(dlast), given.h = next(one.dh), given.c = next(one.dc);
    const LstmStateGradients gradients =
        lstm_backward(inputs[0], {inputs[1], inputs[2], Value()}, mask, recurrent_dropout, given, one.has);
    std::vector<Value> outputs = {gradients.z};
    if (one.has.has_initial_state) outputs.insert(outputs.end(), {gradients.h0, gradients.c0});
    return outputs;
  };
  return made;
}

}  // namespace

std::vector<OpCase> lstm_cases() {
  std::vector<OpCase> cases;
  for (const LstmCase& one : all_cases()) {
    if (!one.dsequence || !one.dlast) continue;  // differs in backward only
    for (const bool keep : {true, false}) cases.push_back(forward_case(one, keep));
  }
  return cases;
}

std::vector<OpCase> lstm_backward_cases() {
  std::vector<OpCase> cases;
  for (const LstmCase& one : all_cases()) cases.push_back(backward_case(one));
  return cases;
}

}  // namespace lamina
