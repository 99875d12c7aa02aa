// SPDX-License-Identifier: Apache-2.0
#include "kernels/concat/concat.h"

#include "core/base/check.h"
#include "core/graph/reshape.h"
#include "kernels/op_folder.h"
#include "kernels/slice/slice.h"

namespace lamina {

std::vector<OpCase> concat_cases();

namespace {

std::vector<TensorType> infer_concat(const Attributes& attributes, std::span<const TensorType> inputs) {
  const int axis = attributes.get<ConcatAttributes>().axis;
  TensorType y = inputs[0];
  for (size_t part = 1; part < inputs.size(); ++part) {
    const auto& [dtype, shape] = inputs[part];
    LAMINA_CHECK(dtype == y.dtype, "part ", part, " is ", dtype, ", part 0 is ", y.dtype, "; use cast()");
    bool fits = shape.rank() == y.shape.rank();
    for (int i = 0; fits && i < shape.rank(); ++i) fits = i == axis || shape[i] == y.shape[i];
    LAMINA_CHECK(fits, "part ", part, " of shape ", shape, " does not fit part 0 of shape ", inputs[0].shape,
                 ": all dimensions but axis ", axis, " must be equal");
    y.shape[axis] = y.shape[axis] + shape[axis];
  }
  return {y};
}

std::vector<Value> concat_gradient(const GradientContext& context) {
  const int axis = context.attributes<ConcatAttributes>().axis;
  const Shape& y = context.outputs[0].shape();
  Shape begin(std::vector<Dim>(static_cast<size_t>(y.rank()), Dim(0)));
  std::vector<Value> gradients;
  for (const Value& part : context.inputs) {
    const std::vector<int64_t> ones(static_cast<size_t>(y.rank()), 1);
    gradients.push_back(slice_axes(context.output_gradients[0], begin, part.shape(), ones));
    begin[axis] = begin[axis] + part.shape()[axis];
  }
  return gradients;
}

}  // namespace

const OpDef& concat_op() {
  static const OpDef op{
      .name = "concat", .infer = infer_concat, .gradient = concat_gradient, .flops = {}, .exact_on_integers = true};
  return op;
}

Value concat(const std::vector<Value>& parts, int axis) {
  LAMINA_CHECK(!parts.empty(), "[concat] node \"", NameScope::path(), "/concat\": no parts were given");
  axis = normalized_axis(axis, parts[0].shape().rank(), "[concat]");
  return parts.size() == 1 ? parts[0] : make_value(concat_op(), ConcatAttributes{axis}, parts);
}

Value stack(const std::vector<Value>& parts, int axis) {
  LAMINA_CHECK(!parts.empty(), "[stack] node \"", NameScope::path(), "/stack\": no parts were given");
  axis = normalized_axis(axis, parts[0].shape().rank() + 1, "[stack]");
  std::vector<Value> rows;
  for (const Value& part : parts) {
    LAMINA_CHECK(part.shape() == parts[0].shape(), "[stack] node \"", NameScope::path(), "/stack\": part ", rows.size(),
                 " of shape ", part.shape(), " differs from part 0 of shape ", parts[0].shape());
    rows.push_back(reshape(part, part.shape().with_axis(axis, 1)));
  }
  return concat(rows, axis);
}

std::vector<OpEntry> concat_ops() { return {{concat_op(), concat_cases}}; }

}  // namespace lamina
