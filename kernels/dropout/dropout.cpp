// SPDX-License-Identifier: Apache-2.0
#include "kernels/dropout/dropout.h"

#include <algorithm>

#include "core/base/check.h"
#include "kernels/op_folder.h"

namespace lamina {

std::vector<OpCase> dropout_cases();

namespace {

std::vector<TensorType> infer_dropout(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& dropout = attributes.get<DropoutAttributes>();
  LAMINA_CHECK(is_floating(inputs[0].dtype), "needs a floating type, got ", inputs[0].dtype);
  LAMINA_CHECK(dropout.rate >= 0 && dropout.rate < 1, "rate is the share that is dropped, in [0, 1), got ", dropout.rate);
  LAMINA_CHECK(inputs[1] == (TensorType{DType::i32, {}}), "step must be a scalar i32, got ", inputs[1]);
  return {inputs[0]};
}

// Linear, with the mask as its factors: dx = dropout(dy) with the same key.
std::vector<Value> dropout_gradient(const GradientContext& context) {
  const Value dx = make_value(dropout_op(), context.node.attributes, {context.output_gradients[0], context.inputs[1]});
  return {dx, Value()};
}

}  // namespace

const OpDef& dropout_op() {
  static const OpDef op{.name = "dropout",
                        .infer = infer_dropout,
                        .gradient = dropout_gradient,
                        .flops =
                            [](const Attributes&, std::span<const TensorType> inputs, std::span<const TensorType>) {
                              return static_cast<double>(inputs[0].shape.extents().count());
                            }};
  return op;
}

Value dropout(const Value& x, double rate, uint64_t seed, uint32_t stream, const Value& step, std::vector<int> shared_axes) {
  for (int& axis : shared_axes) axis = normalized_axis(axis, x.shape().rank(), "[dropout] shared_axes");
  std::sort(shared_axes.begin(), shared_axes.end());
  shared_axes.erase(std::unique(shared_axes.begin(), shared_axes.end()), shared_axes.end());
  const Value y = make_value(dropout_op(), DropoutAttributes{rate, seed, stream, std::move(shared_axes)}, {x, step});
  return rate == 0 ? x : y;  // made all the same, so that a wrong step is told
}

std::vector<OpEntry> dropout_ops() { return {{dropout_op(), dropout_cases}}; }

}  // namespace lamina
