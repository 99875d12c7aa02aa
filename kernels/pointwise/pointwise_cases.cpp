// SPDX-License-Identifier: Apache-2.0
// Every row of scalar_functions.def over eight pairs of shapes and over i32, every pair of types that cast() takes,
// broadcasts, and programs of many instructions as fuse_pointwise makes them.
#include "core/graph/pointwise.h"

#include "core/base/text.h"
#include "core/op/op_case.h"

namespace lamina {
namespace {

using Fill = CaseInput::Fill;

// Where an operand is finite for a function, and where it meets both sides of its branches.
struct Domain {
  double low, high;
};

Domain domain_of(ScalarFunction function, int operand) {
  switch (function) {
    case ScalarFunction::log:
    case ScalarFunction::sqrt:
    case ScalarFunction::rsqrt:
    case ScalarFunction::reciprocal:
      return {0.3, 2.5};
    case ScalarFunction::pow:
      return operand == 0 ? Domain{0.3, 2.5} : Domain{-1.5, 2.5};
    case ScalarFunction::divide:
      return operand == 0 ? Domain{-2.3, 2.4} : Domain{0.3, 2.5};
    case ScalarFunction::log1p:
      return {-0.6, 2.0};
    case ScalarFunction::hard_sigmoid:
    case ScalarFunction::hard_sigmoid_k2:
      return {-4.5, 4.6};
    case ScalarFunction::floor:
    case ScalarFunction::round:
      return {-7.5, 7.6};
    default:
      return {-2.3, 2.4};
  }
}

struct ShapeVariant {
  const char* name;
  CaseTag tag;
  std::vector<Extents> operands;  // the first `arity` count
};

const std::vector<ShapeVariant>& variants() {
  static const std::vector<ShapeVariant> kVariants = {
      {"7", CaseTag::small, {{7}, {7}, {7}}},
      {"3x5", CaseTag::small, {{3, 5}, {3, 5}, {3, 5}}},
      {"broadcast_outer", CaseTag::small, {{4, 1, 3}, {2, 3}, {1}}},
      {"broadcast_both", CaseTag::odd, {{1, 1}, {5, 1}, {1, 9}}},
      {"broadcast_middle", CaseTag::odd, {{2, 3, 1, 5}, {3, 4, 1}, {5}}},
      {"scalar", CaseTag::odd, {{}, {}, {}}},
      {"empty", CaseTag::odd, {{0, 3}, {3}, {1, 3}}},
      {"prime_tail", CaseTag::odd, {{1, 1031}, {1031}, {1}}},
      {"bench", CaseTag::bench, {{4096, 4096}, {4096}, {4096, 1}}},
  };
  return kVariants;
}

using Build = std::function<std::vector<Value>(std::span<const Value>)>;

Build apply(ScalarFunction function) {
  return [function](std::span<const Value> inputs) {
    return std::vector<Value>{apply_scalar(function, {inputs.begin(), inputs.end()})};
  };
}

// Equality is rare among fractions, so it is tried on whole numbers; only log(0) is not finite.
bool on_whole_numbers(ScalarFunction function) {
  return function == ScalarFunction::equal || function == ScalarFunction::not_equal ||
         function == ScalarFunction::is_finite;
}

// One that memory bounds, one with three operands, one that arithmetic may bound.
bool is_timed(ScalarFunction function) {
  return function == ScalarFunction::add || function == ScalarFunction::where || function == ScalarFunction::tanh;
}

OpCase function_case(ScalarFunction function, const ShapeVariant& variant) {
  const ScalarInfo& info = info_of(function);
  OpCase one;
  one.name = text(info.name, "_", variant.name);
  one.tag = variant.tag;
  for (int i = 0; i < info.arity; ++i) {
    const Domain domain = domain_of(function, i);
    CaseInput input{.extents = variant.operands[static_cast<size_t>(i)], .low = domain.low, .high = domain.high};
    const bool condition = info.domain == ScalarDomain::logic || (info.domain == ScalarDomain::select && i == 0);
    if (condition) input.dtype = DType::boolean;
    if (condition || on_whole_numbers(function))
      input.fill = Fill::integers, input.low = 0, input.high = condition ? 1 : 2;
    one.inputs.push_back(input);
  }
  one.build = apply(function);
  if (function == ScalarFunction::is_finite) {
    one.build = [](std::span<const Value> inputs) { return std::vector<Value>{is_finite(log(inputs[0]))}; };
  }
  one.dtypes = {DType::f32, DType::bf16, DType::f16};
  return one;
}

OpCase whole_number_case(ScalarFunction function, const ShapeVariant& variant) {
  const ScalarInfo& info = info_of(function);
  OpCase one{.name = text(info.name, "_", variant.name, "_i32"), .tag = variant.tag};
  for (int i = 0; i < info.arity; ++i) {
    CaseInput input{.extents = variant.operands[static_cast<size_t>(i)],
                    .dtype = DType::i32,
                    .fill = Fill::integers,
                    .low = -9,
                    .high = 9};
    if (info.domain == ScalarDomain::compare) input.low = -3, input.high = 3;
    if (info.domain == ScalarDomain::select && i == 0) input.dtype = DType::boolean, input.low = 0, input.high = 1;
    one.inputs.push_back(input);
  }
  one.build = apply(function);
  return one;
}

void add_casts(std::vector<OpCase>& cases) {
  constexpr DType kTypes[] = {DType::f32, DType::bf16, DType::f16, DType::i32, DType::u8, DType::boolean};
  for (const DType from : kTypes) {
    for (const DType to : kTypes) {
      if (from == to) continue;
      for (const auto& [shape, extents] :
           {std::pair{"3x11", Extents{3, 11}}, std::pair{"empty", Extents{0}}, std::pair{"1031", Extents{1031}}}) {
        OpCase one{.name = text("cast_", from, "_to_", to, "_", shape),
                   .tag = extents == Extents{3, 11} ? CaseTag::small : CaseTag::odd};
        // Steps have no slope that differences could find; negative numbers do not go into u8.
        one.inputs = {{.extents = extents,
                       .dtype = from,
                       .low = to == DType::u8 ? 0.0 : -9.0,
                       .high = 9.0,
                       .differentiable = false}};
        if (to == DType::boolean || from == DType::boolean)
          one.inputs[0].fill = Fill::integers, one.inputs[0].low = 0, one.inputs[0].high = 1;
        one.build = [to](std::span<const Value> inputs) { return std::vector<Value>{cast(inputs[0], to)}; };
        cases.push_back(std::move(one));
      }
    }
  }
}

void add_broadcasts(std::vector<OpCase>& cases) {
  const struct {
    const char* name;
    CaseTag tag;
    Extents from, to;
  } kBroadcasts[] = {
      {"row", CaseTag::small, {5}, {3, 5}},
      {"column", CaseTag::small, {3, 1}, {3, 5}},
      {"middle", CaseTag::small, {2, 1, 5}, {2, 3, 5}},
      {"both", CaseTag::odd, {1, 7, 1}, {3, 7, 5}},
      {"to_empty", CaseTag::odd, {1}, {0}},
      {"long", CaseTag::odd, {13, 1}, {13, 1031}},
      {"rank_6", CaseTag::odd, {2, 1, 2, 1, 3, 1}, {2, 3, 2, 1, 3, 4}},
  };
  for (const auto& shape : kBroadcasts) {
    for (const DType type : {DType::f32, DType::i32, DType::u8}) {
      OpCase one{.name = text("broadcast_", shape.name, type == DType::f32 ? "" : text("_", type)), .tag = shape.tag};
      one.inputs = {{.extents = shape.from,
                     .dtype = type,
                     .fill = type == DType::f32 ? Fill::uniform : Fill::integers,
                     .low = -30,
                     .high = 30}};
      one.build = [to = shape.to](std::span<const Value> inputs) {
        return std::vector<Value>{broadcast_to(inputs[0], Shape(to))};
      };
      if (type == DType::f32) one.dtypes = {DType::f32, DType::bf16, DType::f16};
      cases.push_back(std::move(one));
    }
  }
}

// The node that fusion would make of a program. Gradients are built before fusion, so these cases have none.
OpCase program_case(std::string name, const ShapeVariant& variant, int operands, Program program,
                    std::vector<DType> outputs) {
  OpCase one{.name = text("program_", name, "_", variant.name), .tag = variant.tag};
  for (int i = 0; i < operands; ++i) {
    one.inputs.push_back(
        {.extents = variant.operands[static_cast<size_t>(i % 3)], .low = 0.3, .high = 2.0, .differentiable = false});
  }
  one.build = [program = std::move(program), outputs = std::move(outputs)](std::span<const Value> inputs) {
    PointwiseAttributes attributes;
    attributes.program = program;
    attributes.compute = inputs[0].dtype() == DType::f64 ? DType::f64 : DType::f32;
    attributes.output_types = outputs;
    for (DType& type : attributes.output_types) type = type == DType::f32 ? inputs[0].dtype() : type;
    return make_node(pointwise_op(), attributes, {inputs.begin(), inputs.end()});
  };
  one.dtypes = {DType::f32, DType::bf16, DType::f16};
  return one;
}

// (a * b + 0.5, tanh(a * b), a < b): shared work, a constant, three results of two types.
Program three_results() {
  return {.inputs = 2,
          .constants = {0.5},
          .instructions = {{ScalarFunction::multiply, {0, 1, 0}},
                           {ScalarFunction::add, {3, 2, 0}},
                           {ScalarFunction::tanh, {3, 0, 0}},
                           {ScalarFunction::less, {0, 1, 0}}},
          .results = {4, 5, 6}};
}

// As many inputs and instructions as an interpreter takes: ((x0 + x1) * 0.25 + x2) * 0.25 + ...
Program long_chain(int inputs) {
  Program program{.inputs = inputs, .constants = {0.25}, .instructions = {}, .results = {}};
  Register last = 0;
  for (int i = 1; program.instructions.size() + 2 <= 40; i = i + 1 < inputs ? i + 1 : 1) {
    const auto next = static_cast<Register>(program.registers());
    program.instructions.push_back({ScalarFunction::add, {last, static_cast<Register>(i), 0}});
    program.instructions.push_back({ScalarFunction::multiply, {next, static_cast<Register>(inputs), 0}});
    last = static_cast<Register>(next + 1);
  }
  program.results = {last};
  return program;
}

}  // namespace

std::vector<OpCase> pointwise_cases() {
  std::vector<OpCase> cases;
  for (int which = 0; which < scalar_function_count(); ++which) {
    const auto function = static_cast<ScalarFunction>(which);
    const ScalarDomain domain = info_of(function).domain;
    for (const ShapeVariant& variant : variants()) {
      if (variant.tag == CaseTag::bench && !is_timed(function)) continue;
      cases.push_back(function_case(function, variant));
      const bool whole =
          domain == ScalarDomain::number || domain == ScalarDomain::compare || domain == ScalarDomain::select;
      const bool few = variant.tag == CaseTag::small || variant.operands[0] == Extents{0, 3};
      if (whole && few && function != ScalarFunction::is_finite) cases.push_back(whole_number_case(function, variant));
    }
  }
  add_casts(cases);
  add_broadcasts(cases);
  for (const ShapeVariant& variant : variants()) {
    cases.push_back(
        program_case("three_results", variant, 2, three_results(), {DType::f32, DType::f32, DType::boolean}));
    cases.push_back(program_case("wide_result", variant, 3, long_chain(3), {DType::f32}));
    cases.push_back(program_case("twelve_inputs", variant, 12, long_chain(12), {DType::f32}));
  }
  return cases;
}

}  // namespace lamina
