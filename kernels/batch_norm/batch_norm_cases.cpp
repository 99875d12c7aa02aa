// SPDX-License-Identifier: Apache-2.0
// Few channels and many, one row, no rows, means that are large beside the deviation, and the shapes of YOLOv3-tiny-416.
// Cases of the gradient keep z away from the kink of the activation: x - mean are whole numbers k, beta is smaller than scale,
// and so z = scale k + beta is not near 0.
#include "core/graph/pointwise.h"
#include "core/op/op_case.h"
#include "kernels/batch_norm/batch_norm.h"

namespace lamina {
namespace {

using Fill = CaseInput::Fill;

struct NormShape {
  const char* name;
  CaseTag tag;
  Extents x;
  double slope = 1;
  bool residual = false;
  double epsilon = 1e-3;
};

const std::vector<NormShape>& shapes() {
  static const std::vector<NormShape> kShapes = {
      {"pixels", CaseTag::small, {2, 3, 4, 5}},
      {"leaky", CaseTag::small, {2, 3, 4, 3}, 0.1},
      {"residual", CaseTag::small, {4, 5, 6}, 1, true},
      {"leaky_residual", CaseTag::small, {7, 8}, 0.1, true, 1e-5},
      {"relu", CaseTag::small, {2, 9, 4}, 0},
      {"1_channel", CaseTag::odd, {3, 7, 1}},
      {"3_channels", CaseTag::odd, {1, 31, 17, 3}, 0.1},
      {"255_channels", CaseTag::odd, {1, 13, 13, 255}, 0.1},
      {"1031_channels", CaseTag::odd, {11, 1031}, 1, true},
      {"two_rows", CaseTag::odd, {2, 70}, 0.1},
      {"many_rows", CaseTag::odd, {5, 40, 41, 16}, 0.1},
      {"one_row", CaseTag::odd, {1, 1, 1, 8}, 0.1, true},
      {"no_batch", CaseTag::odd, {0, 4, 4, 3}},
      {"no_channels", CaseTag::odd, {2, 3, 0}},
      {"bench_416", CaseTag::bench, {4, 416, 416, 16}, 0.1},
      {"bench_208", CaseTag::bench, {4, 208, 208, 32}, 0.1},
      {"bench_104", CaseTag::bench, {4, 104, 104, 64}, 0.1},
      {"bench_52", CaseTag::bench, {4, 52, 52, 128}, 0.1},
      {"bench_26", CaseTag::bench, {4, 26, 26, 256}, 0.1},
      {"bench_13", CaseTag::bench, {4, 13, 13, 512}, 0.1},
      {"bench_13_wide", CaseTag::bench, {4, 13, 13, 1024}, 0.1},
  };
  return kShapes;
}

Extents channels_of(const NormShape& shape) { return {shape.x[shape.x.rank() - 1]}; }

// gamma, beta and statistics stay in f32 whatever x is stored in.
Value per_channel(const Value& value, const Value& x) { return cast(value, x.dtype() == DType::f64 ? DType::f64 : DType::f32); }

// One case per shape, and of the bench shapes one in bf16, too, whose first `stored` inputs are as x.
template <class Make>
std::vector<OpCase> cases_of(size_t stored, Make make) {
  std::vector<OpCase> cases;
  for (const NormShape& shape : shapes()) {
    OpCase one = make(shape);
    one.name = shape.name;
    one.tag = shape.tag;
    one.dtypes = {DType::f32, DType::bf16, DType::f16};
    cases.push_back(one);
    if (shape.tag != CaseTag::bench) continue;
    one.name += "_bf16";
    for (size_t i = 0; i < stored; ++i) one.inputs[i].dtype = DType::bf16;
    cases.push_back(std::move(one));
  }
  return cases;
}

BatchNormResult call(const NormShape& shape, std::span<const Value> inputs) {
  const Value& x = inputs[0];
  return batch_norm(x, per_channel(inputs[1], x), per_channel(inputs[2], x), {shape.epsilon, shape.slope},
                    shape.residual ? inputs[3] : Value());
}

OpCase forward_case(const NormShape& shape) {
  OpCase one;
  one.inputs = {{.extents = shape.x, .low = -2, .high = 3},
                {.extents = channels_of(shape), .low = 0.5, .high = 2},
                {.extents = channels_of(shape), .low = -0.5, .high = 0.5}};
  if (shape.residual) one.inputs.push_back({.extents = shape.x});
  one.build = [shape](std::span<const Value> inputs) { return std::vector<Value>{call(shape, inputs).y}; };
  return one;
}

// y with mean and variance, through which no gradient flows.
OpCase statistics_case(const std::string& name, const NormShape& shape) {
  OpCase one = forward_case(shape);
  one.name = name;
  one.tag = shape.tag;
  one.dtypes = {DType::f32, DType::bf16, DType::f16};
  for (CaseInput& input : one.inputs) input.differentiable = false;
  one.build = [shape](std::span<const Value> inputs) {
    const BatchNormResult result = call(shape, inputs);
    return std::vector<Value>{result.y, result.mean, result.variance};
  };
  return one;
}

}  // namespace

std::vector<OpCase> batch_norm_cases() {
  std::vector<OpCase> cases = cases_of(1, forward_case);
  for (const NormShape& shape : shapes()) {
    const bool one_row = shape.x.count() == channels_of(shape).count();  // all variances are 0
    if (shape.tag != CaseTag::bench && !one_row) cases.push_back(statistics_case(std::string(shape.name) + "_statistics", shape));
  }
  // A mean of 1000 beside a deviation of 1: in f32 the mean of the squares minus the square of the mean would be noise.
  const NormShape large_mean{"large_mean", CaseTag::odd, {4, 12, 13, 24}}, of_one{"large_mean_of_one", CaseTag::odd, {4096, 1}};
  for (const NormShape& shape : {large_mean, of_one}) {
    cases.push_back(statistics_case(shape.name, shape));
    cases.back().inputs[0].low = 1000 - 1.732, cases.back().inputs[0].high = 1000 + 1.732;
    cases.back().dtypes = {DType::f32, DType::f16};  // in bf16 all of these are 1000
  }
  return cases;
}

std::vector<OpCase> batch_norm_grad_cases() {
  return cases_of(2, [](const NormShape& shape) {
    const Extents channels = channels_of(shape);
    OpCase one;
    one.inputs = {{.extents = shape.x},
                  {.extents = shape.x, .fill = Fill::integers, .low = -2, .high = 2},
                  {.extents = channels, .low = 0.5, .high = 1},
                  {.extents = channels, .low = 0.1, .high = 0.3},
                  {.extents = channels, .fill = Fill::integers, .low = -1, .high = 1},
                  {.extents = channels, .low = 1, .high = 2}};
    one.build = [attributes = BatchNormAttributes{shape.epsilon, shape.slope}](std::span<const Value> inputs) {
      std::vector<Value> all = {inputs[0], inputs[1]};
      for (size_t i = 2; i < inputs.size(); ++i) all.push_back(per_channel(inputs[i], inputs[1]));
      return make_node(batch_norm_grad_op(), attributes, all);
    };
    return one;
  });
}

}  // namespace lamina
