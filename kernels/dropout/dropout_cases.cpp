// SPDX-License-Identifier: Apache-2.0
#include "core/op/op_case.h"
#include "kernels/dropout/dropout.h"

namespace lamina {
namespace {

struct DropoutShape {
  const char* name;
  CaseTag tag;
  Extents extents;
  double rate;
  std::vector<int> shared_axes = {};
};

std::vector<DropoutShape> shapes() {
  return {
      {"quads", CaseTag::small, {5, 8}, 0.3},
      {"tail_of_3", CaseTag::small, {3, 37}, 0.2},
      {"shared_over_time", CaseTag::small, {2, 5, 9}, 0.3, {1}},
      {"shared_over_batch", CaseTag::small, {6, 11}, 0.3, {0}},
      {"shared_over_channels", CaseTag::odd, {3, 7, 5}, 0.3, {-1}},
      {"shared_twice", CaseTag::odd, {3, 13, 2, 5}, 0.3, {0, 2}},
      {"several_blocks", CaseTag::odd, {2053}, 0.1},
      {"rare", CaseTag::odd, {511}, 1e-3},
      {"nothing", CaseTag::odd, {0, 3}, 0.5},
      {"bench_16m", CaseTag::bench, {4096, 4096}, 0.3},
      {"bench_shared", CaseTag::bench, {64, 128, 1024}, 0.3, {1}},
  };
}

}  // namespace

std::vector<OpCase> dropout_cases() {
  std::vector<OpCase> cases;
  for (const DropoutShape& shape : shapes()) {
    OpCase one;
    one.name = shape.name;
    one.tag = shape.tag;
    one.inputs = {{.extents = shape.extents, .low = -3, .high = 3},
                  {.extents = {}, .dtype = DType::i32, .fill = CaseInput::Fill::integers, .low = 0, .high = 100000}};
    one.build = [rate = shape.rate, axes = shape.shared_axes](std::span<const Value> inputs) {
      return std::vector<Value>{dropout(inputs[0], rate, 0x243f6a8885a308d3u, 5, inputs[1], axes)};
    };
    one.dtypes = {DType::f32, DType::bf16, DType::f16};
    cases.push_back(std::move(one));
  }
  return cases;
}

}  // namespace lamina
