// SPDX-License-Identifier: Apache-2.0
#include "core/op/op_case.h"
#include "kernels/softmax/softmax.h"

namespace lamina {
namespace {

struct SoftmaxShape {
  const char* name;
  CaseTag tag;
  Extents extents;
  int axis;
  double spread = 2;  // elements lie in [-spread, spread]
};

// Each kernel of each device at, below and above its borders: 32, 256 and 1024 elements a row, 128 of a strided axis.
std::vector<SoftmaxShape> shapes() {
  return {
      {"vector", CaseTag::small, {7}, 0},
      {"rows", CaseTag::small, {5, 10}, 1},
      {"columns", CaseTag::small, {10, 5}, 0},
      {"middle", CaseTag::small, {3, 4, 5}, 1},
      {"large_values", CaseTag::small, {4, 9}, -1, 200},  // exp() of them alone would overflow
      {"warp_wide", CaseTag::odd, {9, 32}, 1},
      {"warp_and_one", CaseTag::odd, {6, 33}, 1},
      {"prime_rows", CaseTag::odd, {5, 257}, 1},
      {"last_in_a_warp", CaseTag::odd, {2, 1024}, 1},
      {"first_in_a_block", CaseTag::odd, {2, 1025}, 1},
      {"long_columns", CaseTag::odd, {131, 37}, 0},
      {"many_columns", CaseTag::odd, {2, 3, 133}, 1},
      {"outermost_of_four", CaseTag::odd, {3, 2, 1, 35}, 0},
      {"no_rows", CaseTag::odd, {0, 5}, 1},
      {"nothing_in_a_row", CaseTag::odd, {3, 0}, 1},
      {"bench_rows_1000", CaseTag::bench, {16384, 1000}, 1},
      {"bench_rows_32768", CaseTag::bench, {512, 32768}, 1},
      {"bench_columns_21", CaseTag::bench, {32, 21, 16384}, 1},
  };
}

std::vector<OpCase> cases_of(Value (*op)(const Value&, int)) {
  std::vector<OpCase> cases;
  for (const SoftmaxShape& shape : shapes()) {
    OpCase one;
    one.name = shape.name;
    one.tag = shape.tag;
    one.inputs = {{.extents = shape.extents, .low = -shape.spread, .high = shape.spread}};
    one.build = [op, axis = shape.axis](std::span<const Value> inputs) { return std::vector<Value>{op(inputs[0], axis)}; };
    one.dtypes = {DType::f32, DType::bf16, DType::f16};
    cases.push_back(std::move(one));
  }
  return cases;
}

}  // namespace

std::vector<OpCase> softmax_cases() { return cases_of(softmax); }
std::vector<OpCase> log_softmax_cases() { return cases_of(log_softmax); }

}  // namespace lamina
