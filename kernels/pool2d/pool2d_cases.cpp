// SPDX-License-Identifier: Apache-2.0
// Pools that overlap, that leave gaps, with every padding, and the shapes of YOLOv3. Largest elements are among distinct
// numbers, so that there is one.
#include <algorithm>

#include "core/base/text.h"
#include "core/op/op_case.h"
#include "kernels/pool2d/pool2d.h"

namespace lamina {
namespace {

using Fill = CaseInput::Fill;
using Padding = Window::Padding;

struct PoolShape {
  const char* name;
  CaseTag tag;
  Extents x;
  Window window;
};

const std::vector<PoolShape>& shapes() {
  static const std::vector<PoolShape> kShapes = {
      {"2x2", CaseTag::small, {2, 4, 6, 3}, {.size = {2, 2}, .stride = {2, 2}}},
      {"2x2_tail", CaseTag::small, {1, 5, 7, 2}, {.size = {2, 2}, .stride = {2, 2}}},
      {"3x3_same", CaseTag::small, {1, 5, 4, 3}, {.size = {3, 3}, .padding = Padding::same}},
      {"3x3_same_stride_2", CaseTag::small, {1, 6, 7, 2}, {.size = {3, 3}, .stride = {2, 2}, .padding = Padding::same}},
      {"tiny_yolo_stride_1", CaseTag::small, {1, 4, 4, 4}, {.size = {2, 2}, .padding = Padding::same}},
      {"uneven", CaseTag::small, {1, 7, 6, 2}, {.size = {3, 2}, .stride = {1, 2}, .dilation = {2, 1}, .padding = Padding::given, .before = {1, 0}, .behind = {0, 1}}},
      {"gaps", CaseTag::odd, {2, 9, 11, 3}, {.size = {1, 2}, .stride = {2, 3}}},
      {"whole_picture", CaseTag::odd, {3, 5, 4, 7}, {.size = {5, 4}}},
      {"5x5_same", CaseTag::odd, {1, 13, 12, 9}, {.size = {5, 5}, .padding = Padding::same}},
      {"1_channel", CaseTag::odd, {2, 31, 17, 1}, {.size = {2, 3}, .stride = {2, 2}, .padding = Padding::same}},
      {"no_batch", CaseTag::odd, {0, 4, 4, 3}, {.size = {2, 2}, .stride = {2, 2}}},
      {"no_channels", CaseTag::odd, {1, 4, 4, 0}, {.size = {2, 2}}},
      {"bench_416", CaseTag::bench, {4, 416, 416, 16}, {.size = {2, 2}, .stride = {2, 2}}},
      {"bench_13", CaseTag::bench, {4, 13, 13, 512}, {.size = {2, 2}, .padding = Padding::same}},
  };
  return kShapes;
}

template <class Make>
std::vector<OpCase> cases_of(Make make) {
  std::vector<OpCase> cases;
  for (const PoolShape& shape : shapes()) {
    OpCase one = make(shape);
    one.name = shape.name;
    one.tag = shape.tag;
    one.dtypes = {DType::f32, DType::bf16, DType::f16};
    cases.push_back(std::move(one));
  }
  return cases;
}

}  // namespace

std::vector<OpCase> max_pool2d_cases() {
  return cases_of([](const PoolShape& shape) {
    OpCase one;
    // Up to 256 distinct numbers are distinct in bf16 too.
    one.inputs = {{.extents = shape.x, .fill = Fill::distinct, .high = static_cast<double>(std::max<int64_t>(shape.x.count(), 1))}};
    one.build = [window = shape.window](std::span<const Value> inputs) {
      const Value y = max_pool2d(inputs[0], window);
      return std::vector<Value>{y, Value(y.node(), 1)};
    };
    return one;
  });
}

std::vector<OpCase> max_pool2d_grad_cases() {
  std::vector<OpCase> cases = cases_of([](const PoolShape& shape) {
    const Extents y = window_places(shape.window, shape.x).extents();
    const double taps = static_cast<double>(shape.window.size[0] * shape.window.size[1]);
    OpCase one;
    one.inputs = {{.extents = y, .low = 0.5, .high = 2},
                  {.extents = y, .dtype = DType::i32, .fill = Fill::integers, .low = 0, .high = taps - 1, .differentiable = false}};
    one.build = [window = shape.window, x = shape.x](std::span<const Value> inputs) {
      return std::vector<Value>{make_value(max_pool2d_grad_op(), Pool2dAttributes{window, x}, {inputs[0], inputs[1]})};
    };
    return one;
  });
  // One place for all: 19 of 20 elements are zero, which would prove little.
  std::erase_if(cases, [](const OpCase& one) { return one.name == "whole_picture"; });
  return cases;
}

std::vector<OpCase> average_pool2d_cases() {
  return cases_of([](const PoolShape& shape) {
    OpCase one;
    one.inputs = {{.extents = shape.x}};
    one.build = [window = shape.window](std::span<const Value> inputs) { return std::vector<Value>{average_pool2d(inputs[0], window)}; };
    return one;
  });
}

std::vector<OpCase> average_pool2d_grad_cases() {
  return cases_of([](const PoolShape& shape) {
    OpCase one;
    one.inputs = {{.extents = window_places(shape.window, shape.x).extents()}};
    one.build = [window = shape.window, x = shape.x](std::span<const Value> inputs) {
      return std::vector<Value>{make_value(average_pool2d_grad_op(), Pool2dAttributes{window, x}, {inputs[0]})};
    };
    return one;
  });
}

}  // namespace lamina
