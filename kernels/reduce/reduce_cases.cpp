// SPDX-License-Identifier: Apache-2.0
// Every kind of reduction over every set of axes that matters: inner, outer, middle, all; lengths of 1, primes, and
// long enough to be split over blocks; then programs before the reduction, as fuse_pointwise puts them there.
#include "core/base/text.h"
#include "core/graph/reduce.h"
#include "core/op/op_case.h"

namespace lamina {
namespace {

using Fill = CaseInput::Fill;

struct ReduceShape {
  const char* name;
  CaseTag tag;
  Extents extents;
  std::vector<int> axes;
};

const std::vector<ReduceShape>& shapes() {
  static const std::vector<ReduceShape> kShapes = {
      {"all_of_7", CaseTag::small, {7}, {}},
      {"rows", CaseTag::small, {5, 33}, {1}},
      {"columns", CaseTag::small, {33, 5}, {0}},
      {"middle", CaseTag::small, {3, 4, 5}, {1}},
      {"outer_and_inner", CaseTag::small, {3, 4, 5}, {0, 2}},
      {"last_two", CaseTag::small, {4, 3, 6}, {1, 2}},
      {"scalar", CaseTag::odd, {}, {}},
      {"ones", CaseTag::odd, {1, 1, 1}, {0, 2}},
      {"length_1", CaseTag::odd, {9, 1}, {1}},
      {"warp_tail", CaseTag::odd, {2, 129}, {1}},
      {"rank_5", CaseTag::odd, {2, 3, 2, 5, 2}, {1, 3}},
      {"empty_result", CaseTag::odd, {0, 4}, {1}},
      {"prime_rows", CaseTag::odd, {3, 1031}, {1}},
      {"prime_columns", CaseTag::odd, {1031, 3}, {0}},
      {"long_split", CaseTag::odd, {9001}, {}},
      {"pieces", CaseTag::odd, {2, 33001}, {1}},
      {"long_columns_split", CaseTag::odd, {2053, 7}, {0}},
      {"many_rows", CaseTag::odd, {131, 40}, {1}},
      {"bench_rows", CaseTag::bench, {4096, 4096}, {1}},
      {"bench_one", CaseTag::bench, {4096 * 4096}, {}},
      {"bench_columns", CaseTag::bench, {4096, 4096}, {0}},
  };
  return kShapes;
}

Value reduced(const Value& x, ReduceKind kind, const std::vector<int>& axes, bool keep_dims) {
  switch (kind) {
    case ReduceKind::sum:
      return sum(x, axes, keep_dims);
    case ReduceKind::mean:
      return mean(x, axes, keep_dims);
    case ReduceKind::max:
      return max(x, axes, keep_dims);
    case ReduceKind::min:
      return min(x, axes, keep_dims);
    case ReduceKind::argmax:
      break;
  }
  return argmax(x, axes.empty() ? 0 : axes[0], keep_dims);
}

bool is_extreme(ReduceKind kind) { return kind != ReduceKind::sum && kind != ReduceKind::mean; }

OpCase make_case(const ReduceShape& shape, ReduceKind kind, bool keep_dims) {
  OpCase one{.name = text(name_of(kind), "_", shape.name, keep_dims ? "_keep" : ""), .tag = shape.tag};
  CaseInput input{.extents = shape.extents, .low = -2, .high = 3};
  if (is_extreme(kind)) input.fill = Fill::distinct;
  one.inputs = {input};
  one.build = [axes = shape.axes, kind, keep_dims](std::span<const Value> inputs) {
    // Moved below 0 for max and argmax: a reduction that starts from 0 would not show otherwise.
    const bool below = kind == ReduceKind::max || kind == ReduceKind::argmax;
    return std::vector<Value>{reduced(below ? inputs[0] - 4.0 : inputs[0], kind, axes, keep_dims)};
  };
  one.dtypes = {DType::f32, DType::bf16, DType::f16};
  return one;
}

// Whole numbers: exact in every order of addition, and full of ties, where argmax takes the first and no slope exists.
OpCase whole_number_case(const ReduceShape& shape, ReduceKind kind, DType type) {
  OpCase one{.name = text(name_of(kind), "_", shape.name, "_whole", type == DType::f32 ? "" : text("_", type)),
             .tag = shape.tag};
  const double most = is_extreme(kind) ? 40 : 3;
  one.inputs = {{.extents = shape.extents,
                 .dtype = type,
                 .fill = Fill::integers,
                 .low = type == DType::i32 || type == DType::f32 ? -most : 0,
                 .high = most,
                 .differentiable = !is_extreme(kind)}};
  one.build = [axes = shape.axes, kind](std::span<const Value> inputs) {
    return std::vector<Value>{reduced(inputs[0], kind, axes, false)};
  };
  if (type == DType::f32) one.dtypes = {DType::f32, DType::bf16, DType::f16};
  return one;
}

// sum of (x - row)^2 and max of x * row, with `row` broadcast over the reduced domain. Gradients are built before
// fusion.
OpCase program_case(const ReduceShape& shape, ReduceKind kind) {
  OpCase one{.name = text(name_of(kind), "_of_program_", shape.name), .tag = shape.tag};
  Extents row = shape.extents;
  if (row.rank() > 0) row[0] = 1;
  one.inputs = {{.extents = shape.extents, .low = -2, .high = 3, .differentiable = false},
                {.extents = row, .low = 0.5, .high = 1.5, .differentiable = false}};
  one.build = [axes = shape.axes, kind](std::span<const Value> inputs) {
    ReduceAttributes attributes;
    attributes.kind = kind;
    attributes.axes = axes;
    for (int axis = 0; axes.empty() && axis < inputs[0].shape().rank(); ++axis) attributes.axes.push_back(axis);
    attributes.program = {
        .inputs = 2,
        .constants = {},
        .instructions = {{ScalarFunction::subtract, {0, 1, 0}},
                         {ScalarFunction::multiply, {2, is_extreme(kind) ? Register{1} : Register{2}, 0}}},
        .results = {3}};
    attributes.compute = inputs[0].dtype() == DType::f64 ? DType::f64 : DType::f32;
    attributes.output_type = kind == ReduceKind::argmax ? DType::i32 : inputs[0].dtype();
    return make_node(reduce_op(), attributes, {inputs.begin(), inputs.end()});
  };
  one.dtypes = {DType::f32, DType::bf16};
  return one;
}

}  // namespace

std::vector<OpCase> reduce_cases() {
  std::vector<OpCase> cases;
  for (const ReduceShape& shape : shapes()) {
    for (const ReduceKind kind :
         {ReduceKind::sum, ReduceKind::mean, ReduceKind::max, ReduceKind::min, ReduceKind::argmax}) {
      // argmax takes one axis, and of one element it is 0, which shows nothing.
      if (kind == ReduceKind::argmax && (shape.axes.size() != 1 || shape.extents[shape.axes[0]] == 1)) continue;
      cases.push_back(make_case(shape, kind, false));
      if (shape.tag == CaseTag::bench) continue;
      cases.push_back(make_case(shape, kind, true));
      if (kind == ReduceKind::mean) continue;
      cases.push_back(whole_number_case(shape, kind, DType::f32));
      cases.push_back(whole_number_case(shape, kind, DType::i32));
      cases.push_back(whole_number_case(shape, kind, DType::u8));
    }
    for (const ReduceKind kind : {ReduceKind::sum, ReduceKind::max}) {
      if (shape.tag != CaseTag::bench) cases.push_back(program_case(shape, kind));
    }
  }
  // No term at all: the sum is 0.
  for (const auto& [name, extents, axis] :
       {std::tuple{"rows_of_nothing", Extents{4, 0}, 1}, {"columns_of_nothing", Extents{0, 4}, 0}}) {
    OpCase none{.name = text("sum_", name), .tag = CaseTag::odd, .inputs = {{.extents = extents}}};
    none.build = [axis = axis](std::span<const Value> inputs) { return std::vector<Value>{sum(inputs[0], {axis})}; };
    cases.push_back(std::move(none));
  }
  return cases;
}

}  // namespace lamina
