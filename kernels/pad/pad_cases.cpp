// SPDX-License-Identifier: Apache-2.0
#include "core/op/op_case.h"
#include "kernels/pad/pad.h"

namespace lamina {
namespace {

using Fill = CaseInput::Fill;
using Amounts = std::vector<std::pair<int64_t, int64_t>>;

struct PadShape {
  const char* name;
  CaseTag tag;
  Extents x;
  Amounts amounts;
};

std::vector<PadShape> shapes() {
  return {
      {"matrix", CaseTag::small, {5, 6}, {{1, 2}, {0, 1}}},
      {"rows_behind", CaseTag::small, {4, 5}, {{0, 2}, {0, 0}}},
      {"image", CaseTag::small, {2, 6, 7, 3}, {{0, 0}, {1, 1}, {1, 1}, {0, 0}}},
      {"image_of_words", CaseTag::small, {2, 5, 6, 8}, {{0, 0}, {1, 0}, {1, 0}, {0, 0}}},
      {"channels_to_8", CaseTag::odd, {2, 3, 3, 5}, {{0, 0}, {0, 0}, {0, 0}, {0, 3}}},
      {"every_axis", CaseTag::odd, {3, 5, 4, 6}, {{1, 0}, {0, 1}, {1, 0}, {0, 1}}},
      {"primes", CaseTag::odd, {13, 37}, {{3, 1}, {5, 2}}},
      {"vector", CaseTag::odd, {1021}, {{3, 4}}},
      {"even_rows_at_an_odd_place", CaseTag::odd, {3, 6}, {{0, 0}, {1, 3}}},
      {"nothing_to_something", CaseTag::odd, {0, 3}, {{1, 1}, {0, 0}}},
      {"still_nothing", CaseTag::odd, {0, 3}, {{0, 0}, {1, 0}}},
      {"bench_image", CaseTag::bench, {16, 416, 416, 3}, {{0, 0}, {1, 1}, {1, 1}, {0, 0}}},
      {"bench_features", CaseTag::bench, {16, 104, 104, 128}, {{0, 0}, {1, 0}, {1, 0}, {0, 0}}},
  };
}

OpCase make_case(const PadShape& shape, DType dtype, double value) {
  OpCase one;
  one.name = shape.name + (dtype == DType::f32 ? std::string() : "_" + std::string(name_of(dtype))) +
             (value != 0 ? "_value" : "");
  one.tag = shape.tag;
  one.inputs = {{.extents = shape.x,
                 .dtype = dtype,
                 .fill = Fill::integers,
                 .low = dtype == DType::boolean ? 0.0 : 1.0,
                 .high = dtype == DType::boolean ? 1.0 : 200.0}};
  one.build = [amounts = shape.amounts, value](std::span<const Value> inputs) {
    return std::vector<Value>{pad(inputs[0], amounts, value)};
  };
  if (dtype == DType::f32) one.dtypes = {DType::f32, DType::bf16};
  return one;
}

}  // namespace

std::vector<OpCase> pad_cases() {
  std::vector<OpCase> cases;
  for (const PadShape& shape : shapes()) {
    for (const DType dtype : {DType::f32, DType::i32, DType::u8}) {
      for (const double value : {0.0, dtype == DType::f32 ? -2.5 : 7.0})
        cases.push_back(make_case(shape, dtype, value));
    }
    cases.push_back(make_case(shape, DType::boolean, 1));
  }
  return cases;
}

}  // namespace lamina
