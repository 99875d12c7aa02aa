// SPDX-License-Identifier: Apache-2.0
#include "core/op/op_case.h"
#include "kernels/concat/concat.h"

namespace lamina {
namespace {

using Fill = CaseInput::Fill;

struct ConcatShape {
  const char* name;
  CaseTag tag;
  std::vector<Extents> parts;
  int axis;
};

std::vector<ConcatShape> shapes() {
  std::vector<Extents> many;
  for (int64_t part = 0; part < 19; ++part) many.push_back({3, part % 4, 2});
  return {
      {"rows", CaseTag::small, {{2, 5}, {4, 5}}, 0},
      {"columns", CaseTag::small, {{3, 4}, {3, 7}, {3, 1}}, 1},
      {"middle", CaseTag::small, {{2, 3, 4}, {2, 5, 4}}, 1},
      {"channels", CaseTag::small, {{2, 4, 4, 8}, {2, 4, 4, 12}}, 3},
      {"vectors", CaseTag::odd, {{13}, {1}, {29}}, 0},
      {"nineteen_parts", CaseTag::odd, many, 1},
      {"with_an_empty_part", CaseTag::odd, {{3, 4}, {0, 4}, {2, 4}}, 0},
      {"all_empty", CaseTag::odd, {{0, 4}, {0, 4}}, 0},
      {"primes", CaseTag::odd, {{17, 31}, {17, 37}}, 1},
      {"uneven_words", CaseTag::odd, {{5, 6, 16}, {5, 6, 1}}, 2},
      {"bench_channels", CaseTag::bench, {{16, 52, 52, 256}, {16, 52, 52, 128}}, 3},
      {"bench_gates", CaseTag::bench, {{512, 512}, {512, 512}, {512, 512}, {512, 512}}, 1},
  };
}

OpCase make_case(const ConcatShape& shape, DType dtype) {
  OpCase one;
  one.name = shape.name + (dtype == DType::f32 ? std::string() : "_" + std::string(name_of(dtype)));
  one.tag = shape.tag;
  for (const Extents& part : shape.parts) {
    one.inputs.push_back({.extents = part,
                          .dtype = dtype,
                          .fill = Fill::integers,
                          .low = 0,
                          .high = dtype == DType::boolean ? 1.0 : 200.0});
  }
  one.build = [axis = shape.axis](std::span<const Value> inputs) {
    return std::vector<Value>{concat({inputs.begin(), inputs.end()}, axis)};
  };
  if (dtype == DType::f32) one.dtypes = {DType::f32, DType::bf16};
  return one;
}

}  // namespace

std::vector<OpCase> concat_cases() {
  std::vector<OpCase> cases;
  for (const ConcatShape& shape : shapes()) {
    for (const DType dtype : {DType::f32, DType::i32, DType::u8, DType::boolean})
      cases.push_back(make_case(shape, dtype));
  }
  return cases;
}

}  // namespace lamina
