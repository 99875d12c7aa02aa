// SPDX-License-Identifier: Apache-2.0
#include "core/op/op_case.h"
#include "kernels/transpose/transpose.h"

namespace lamina {
namespace {

using Fill = CaseInput::Fill;

struct TransposeShape {
  const char* name;
  CaseTag tag;
  Extents x;
  std::vector<int> permutation;
};

std::vector<TransposeShape> shapes() {
  return {
      {"matrix_3x4", CaseTag::small, {3, 4}, {1, 0}},
      {"tiles_40x35", CaseTag::small, {40, 35}, {1, 0}},
      {"batch_of_matrices", CaseTag::small, {3, 17, 9}, {0, 2, 1}},
      {"rows_move", CaseTag::small, {3, 4, 8}, {1, 0, 2}},
      {"nhwc_to_nchw", CaseTag::small, {2, 5, 7, 3}, {0, 3, 1, 2}},
      {"nchw_to_nhwc", CaseTag::small, {2, 9, 5, 7}, {0, 2, 3, 1}},
      {"all_reversed", CaseTag::odd, {3, 5, 2, 4}, {3, 2, 1, 0}},
      {"outermost_last", CaseTag::odd, {11, 3, 13}, {1, 2, 0}},
      {"far_axes", CaseTag::odd, {33, 3, 34}, {2, 1, 0}},
      {"exact_tiles", CaseTag::odd, {32, 64}, {1, 0}},
      {"primes_67x101", CaseTag::odd, {67, 101}, {1, 0}},
      {"thin_257x2", CaseTag::odd, {257, 2}, {1, 0}},
      {"ones_between", CaseTag::odd, {1, 5, 1, 9}, {3, 0, 2, 1}},
      {"rank_6", CaseTag::odd, {2, 3, 2, 2, 3, 2}, {4, 1, 5, 0, 3, 2}},
      {"nothing", CaseTag::odd, {0, 5}, {1, 0}},
      {"bench_4096", CaseTag::bench, {4096, 4096}, {1, 0}},
      {"bench_nhwc_to_nchw", CaseTag::bench, {16, 104, 104, 128}, {0, 3, 1, 2}},
      {"bench_image", CaseTag::bench, {16, 416, 416, 3}, {0, 3, 1, 2}},
      {"bench_heads", CaseTag::bench, {32, 128, 16, 64}, {0, 2, 1, 3}},
  };
}

OpCase make_case(const TransposeShape& shape, DType dtype) {
  OpCase one;
  one.name = shape.name + (dtype == DType::f32 ? std::string() : "_" + std::string(name_of(dtype)));
  one.tag = shape.tag;
  one.inputs = {{.extents = shape.x,
                 .dtype = dtype,
                 .fill = Fill::integers,
                 .low = 0,
                 .high = dtype == DType::boolean ? 1.0 : 200.0}};
  one.build = [permutation = shape.permutation](std::span<const Value> inputs) {
    return std::vector<Value>{transpose(inputs[0], permutation)};
  };
  if (dtype == DType::f32) one.dtypes = {DType::f32, DType::bf16};
  return one;
}

}  // namespace

std::vector<OpCase> transpose_cases() {
  std::vector<OpCase> cases;
  for (const TransposeShape& shape : shapes()) {
    for (const DType dtype : {DType::f32, DType::i32, DType::u8, DType::boolean})
      cases.push_back(make_case(shape, dtype));
  }
  return cases;
}

}  // namespace lamina
