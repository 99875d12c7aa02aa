// SPDX-License-Identifier: Apache-2.0
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

std::vector<ReduceShape> shapes() {
  return {
      {"all_of_7", CaseTag::small, {7}, {}},
      {"rows", CaseTag::small, {5, 33}, {1}},
      {"columns", CaseTag::small, {33, 5}, {0}},
      {"middle", CaseTag::small, {3, 4, 5}, {1}},
      {"outer_and_inner", CaseTag::small, {3, 4, 5}, {0, 2}},
      {"scalar", CaseTag::odd, {}, {}},
      {"ones", CaseTag::odd, {1, 1, 1}, {0, 2}},
      {"prime_rows", CaseTag::odd, {3, 1031}, {1}},
      {"prime_columns", CaseTag::odd, {1031, 3}, {0}},
      {"long_split", CaseTag::odd, {9001}, {}},
      {"long_columns_split", CaseTag::odd, {2053, 7}, {0}},
      {"rank_5", CaseTag::odd, {2, 3, 2, 5, 2}, {1, 3}},
      {"many_rows", CaseTag::odd, {131, 40}, {1}},
      {"bench_rows", CaseTag::bench, {4096, 4096}, {1}},
      {"bench_columns", CaseTag::bench, {4096, 4096}, {0}},
  };
}

OpCase make_case(const ReduceShape& shape, ReduceKind kind, bool keep_dims, DType dtype, Fill fill) {
  OpCase one;
  one.name = std::string(name_of(kind)) + "_" + shape.name + (keep_dims ? "_keep" : "") + (dtype == DType::i32 ? "_i32" : "") +
             (fill == Fill::integers && dtype != DType::i32 ? "_whole" : "");
  one.tag = shape.tag;
  const bool extreme = kind == ReduceKind::max || kind == ReduceKind::min || kind == ReduceKind::argmax;
  CaseInput input{.extents = shape.extents, .dtype = dtype, .fill = extreme ? Fill::distinct : fill, .low = -2, .high = 3};
  if (dtype == DType::i32) input.fill = Fill::integers;
  one.inputs = {input};
  one.build = [axes = shape.axes, kind, keep_dims](std::span<const Value> inputs) -> std::vector<Value> {
    switch (kind) {
      case ReduceKind::sum: return {sum(inputs[0], axes, keep_dims)};
      case ReduceKind::mean: return {mean(inputs[0], axes, keep_dims)};
      case ReduceKind::max: return {max(inputs[0], axes, keep_dims)};
      case ReduceKind::min: return {min(inputs[0], axes, keep_dims)};
      case ReduceKind::argmax: break;
    }
    return {argmax(inputs[0], axes.at(0), keep_dims)};
  };
  if (dtype == DType::f32) one.dtypes = {DType::f32, DType::bf16, DType::f16};
  return one;
}

}  // namespace

std::vector<OpCase> reduce_cases() {
  std::vector<OpCase> cases;
  for (const ReduceShape& shape : shapes()) {
    for (const ReduceKind kind : {ReduceKind::sum, ReduceKind::mean, ReduceKind::max, ReduceKind::min, ReduceKind::argmax}) {
      if (kind == ReduceKind::argmax && shape.axes.size() != 1) continue;
      cases.push_back(make_case(shape, kind, false, DType::f32, Fill::uniform));
      cases.push_back(make_case(shape, kind, true, DType::f32, Fill::uniform));
      if (kind == ReduceKind::sum) cases.push_back(make_case(shape, kind, false, DType::f32, Fill::integers));
      if (kind != ReduceKind::mean) cases.push_back(make_case(shape, kind, false, DType::i32, Fill::integers));
    }
  }
  return cases;
}

}  // namespace lamina
