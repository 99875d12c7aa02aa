// SPDX-License-Identifier: Apache-2.0
#include "core/op/op_case.h"
#include "kernels/tile/tile.h"

namespace lamina {
namespace {

using Fill = CaseInput::Fill;

struct TileShape {
  const char* name;
  CaseTag tag;
  Extents x;
  std::vector<int64_t> repeats;
};

std::vector<TileShape> shapes() {
  return {
      {"rows", CaseTag::small, {3, 4}, {2, 1}},
      {"columns", CaseTag::small, {3, 4}, {1, 3}},
      {"both", CaseTag::small, {2, 5}, {3, 2}},
      {"middle", CaseTag::small, {2, 3, 8}, {1, 4, 1}},
      {"upsampled_rows", CaseTag::small, {2, 3, 1, 8}, {1, 1, 2, 1}},
      {"one_row", CaseTag::odd, {1, 5}, {7, 1}},
      {"vector", CaseTag::odd, {131}, {5}},
      {"every_axis", CaseTag::odd, {2, 3, 2, 3}, {2, 3, 2, 2}},
      {"rank_5_all", CaseTag::odd, {2, 1, 3, 2, 2}, {2, 2, 2, 2, 2}},
      {"rank_8", CaseTag::odd, {2, 1, 2, 1, 2, 1, 2, 1}, {1, 2, 1, 2, 1, 2, 1, 2}},
      {"no_repeats", CaseTag::odd, {3, 4}, {1, 0}},
      {"of_nothing", CaseTag::odd, {0, 4}, {1, 2}},
      {"bench_rows", CaseTag::bench, {64, 1024}, {64, 1}},
      {"bench_columns", CaseTag::bench, {4096, 64}, {1, 16}},
  };
}

OpCase make_case(const TileShape& shape, DType dtype) {
  OpCase one;
  one.name = shape.name + (dtype == DType::f32 ? std::string() : "_" + std::string(name_of(dtype)));
  one.tag = shape.tag;
  one.inputs = {{.extents = shape.x,
                 .dtype = dtype,
                 .fill = Fill::integers,
                 .low = 0,
                 .high = dtype == DType::boolean ? 1.0 : 200.0}};
  one.build = [repeats = shape.repeats](std::span<const Value> inputs) {
    return std::vector<Value>{tile(inputs[0], repeats)};
  };
  if (dtype == DType::f32) one.dtypes = {DType::f32, DType::bf16};
  return one;
}

}  // namespace

std::vector<OpCase> tile_cases() {
  std::vector<OpCase> cases;
  for (const TileShape& shape : shapes()) {
    for (const DType dtype : {DType::f32, DType::i32, DType::u8, DType::boolean})
      cases.push_back(make_case(shape, dtype));
  }
  return cases;
}

}  // namespace lamina
