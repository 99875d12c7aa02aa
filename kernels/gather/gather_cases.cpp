// SPDX-License-Identifier: Apache-2.0
#include "core/op/op_case.h"
#include "kernels/gather/gather.h"

namespace lamina {
namespace {

using Fill = CaseInput::Fill;

struct GatherShape {
  const char* name;
  CaseTag tag;
  Extents table, indices;
};

std::vector<GatherShape> shapes() {
  return {
      {"sentences", CaseTag::small, {10, 8}, {2, 3}},
      {"rows_of_3", CaseTag::small, {5, 3}, {7}},
      {"numbers", CaseTag::small, {11}, {4, 5}},
      {"images", CaseTag::small, {4, 2, 3, 2}, {5}},
      {"one_index", CaseTag::odd, {6, 9}, {}},
      {"one_row_named_often", CaseTag::odd, {1, 5}, {300}},
      {"prime_width", CaseTag::odd, {17, 37}, {3, 11}},
      {"wide_rows", CaseTag::odd, {3, 301}, {9}},
      {"more_rows_than_owners", CaseTag::odd, {389, 6}, {300}},
      {"repeats_over_chunks", CaseTag::odd, {7, 4}, {601}},
      {"no_indices", CaseTag::odd, {4, 2}, {0}},
      {"no_columns", CaseTag::odd, {4, 0}, {3}},
      {"bench_embedding", CaseTag::bench, {32000, 512}, {64, 128}},
      {"bench_small_table", CaseTag::bench, {64, 256}, {64, 512}},
  };
}

CaseInput indices_input(const GatherShape& shape) {
  return {.extents = shape.indices,
          .dtype = DType::i32,
          .fill = Fill::integers,
          .low = 0,
          .high = static_cast<double>(shape.table[0] - 1),
          .differentiable = false};
}

std::string name_of_case(const GatherShape& shape, DType dtype) {
  return shape.name + (dtype == DType::f32 ? std::string() : "_" + std::string(name_of(dtype)));
}

OpCase gather_case(const GatherShape& shape, DType dtype) {
  OpCase one;
  one.name = name_of_case(shape, dtype);
  one.tag = shape.tag;
  one.inputs = {{.extents = shape.table,
                 .dtype = dtype,
                 .fill = Fill::integers,
                 .low = 0,
                 .high = dtype == DType::boolean ? 1.0 : 200.0},
                indices_input(shape)};
  one.build = [](std::span<const Value> inputs) { return std::vector<Value>{gather(inputs[0], inputs[1])}; };
  if (dtype == DType::f32) one.dtypes = {DType::f32, DType::bf16};
  return one;
}

OpCase gather_grad_case(const GatherShape& shape, Fill fill) {
  Extents rows = shape.indices;
  for (int axis = 1; axis < shape.table.rank(); ++axis) rows.push_back(shape.table[axis]);
  OpCase one;
  one.name = std::string(shape.name) + (fill == Fill::integers ? "_whole" : "");
  one.tag = shape.tag;
  one.inputs = {{.extents = rows, .fill = fill, .low = -2, .high = 3}, indices_input(shape)};
  one.build = [table = shape.table](std::span<const Value> inputs) {
    return std::vector<Value>{gather_grad(inputs[0], inputs[1], table)};
  };
  one.dtypes = {DType::f32, DType::bf16, DType::f16};
  return one;
}

}  // namespace

std::vector<OpCase> gather_cases() {
  std::vector<OpCase> cases;
  for (const GatherShape& shape : shapes()) {
    for (const DType dtype : {DType::f32, DType::i32, DType::u8, DType::boolean})
      cases.push_back(gather_case(shape, dtype));
  }
  return cases;
}

std::vector<OpCase> gather_grad_cases() {
  std::vector<OpCase> cases;
  for (const GatherShape& shape : shapes()) {
    for (const Fill fill : {Fill::uniform, Fill::integers}) cases.push_back(gather_grad_case(shape, fill));
  }
  return cases;
}

}  // namespace lamina
