// SPDX-License-Identifier: Apache-2.0
// Equal and unequal factors, tails of every kind, and the two upsamplings of YOLOv3.
#include "core/op/op_case.h"
#include "kernels/upsample2d/upsample2d.h"

namespace lamina {
namespace {

using Fill = CaseInput::Fill;

struct UpsampleShape {
  const char* name;
  CaseTag tag;
  Extents x;
  int64_t rows, columns;
};

const std::vector<UpsampleShape>& shapes() {
  static const std::vector<UpsampleShape> kShapes = {
      {"2x2", CaseTag::small, {2, 3, 4, 8}, 2, 2},
      {"3x1", CaseTag::small, {1, 2, 5, 3}, 3, 1},
      {"1x3", CaseTag::small, {1, 4, 2, 2}, 1, 3},
      {"yolo_small", CaseTag::small, {1, 3, 3, 16}, 2, 2},
      {"1_channel", CaseTag::odd, {2, 5, 7, 1}, 2, 3},
      {"1_pixel", CaseTag::odd, {3, 1, 1, 5}, 4, 5},
      {"prime", CaseTag::odd, {1, 7, 5, 131}, 3, 2},
      {"no_batch", CaseTag::odd, {0, 2, 2, 3}, 2, 2},
      {"no_channels", CaseTag::odd, {1, 2, 2, 0}, 2, 2},
      {"bench_13", CaseTag::bench, {4, 13, 13, 128}, 2, 2},
      {"bench_26", CaseTag::bench, {8, 26, 26, 128}, 2, 2},
  };
  return kShapes;
}

OpCase case_of(const UpsampleShape& shape, DType dtype) {
  OpCase one;
  one.name = shape.name + (dtype == DType::f32 ? std::string() : "_" + std::string(name_of(dtype)));
  one.tag = shape.tag;
  const double high = dtype == DType::boolean ? 1 : 200;
  one.inputs = {{.extents = shape.x, .dtype = dtype, .fill = Fill::integers, .low = 0, .high = high}};
  if (dtype == DType::f32) one.dtypes = {DType::f32, DType::bf16, DType::f16};
  one.build = [rows = shape.rows, columns = shape.columns](std::span<const Value> inputs) {
    return std::vector<Value>{upsample2d(inputs[0], rows, columns)};
  };
  return one;
}

}  // namespace

std::vector<OpCase> upsample2d_cases() {
  std::vector<OpCase> cases;
  for (const UpsampleShape& shape : shapes()) {
    for (const DType dtype : {DType::f32, DType::i32, DType::u8, DType::boolean}) cases.push_back(case_of(shape, dtype));
  }
  return cases;
}

std::vector<OpCase> upsample2d_grad_cases() {
  std::vector<OpCase> cases;
  for (const UpsampleShape& shape : shapes()) {
    OpCase one = case_of(shape, DType::f32);
    const Extents& x = shape.x;
    one.inputs = {{.extents = {x[0], x[1] * shape.rows, x[2] * shape.columns, x[3]}, .fill = Fill::integers, .low = -3, .high = 3}};
    one.build = [rows = shape.rows, columns = shape.columns, x](std::span<const Value> inputs) {
      return std::vector<Value>{make_value(upsample2d_grad_op(), Upsample2dAttributes{rows, columns, x}, {inputs[0]})};
    };
    cases.push_back(std::move(one));
  }
  return cases;
}

}  // namespace lamina
