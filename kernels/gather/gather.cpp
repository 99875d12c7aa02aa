// SPDX-License-Identifier: Apache-2.0
#include "kernels/gather/gather.h"

#include <numeric>

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "core/graph/reshape.h"
#include "kernels/op_folder.h"

namespace lamina {

std::vector<OpCase> gather_cases();
std::vector<OpCase> gather_grad_cases();

namespace {

void check_indices_type(DType dtype) {
  LAMINA_CHECK(dtype == DType::i32, "the indices must be i32, got ", dtype, "; use cast()");
}

// The shape of the rows that `indices` picks from `table`.
Shape picked(const Shape& indices, const Shape& table) {
  LAMINA_CHECK(table.rank() >= 1, "the table needs an axis of rows, got shape ", table);
  Shape rows = indices;
  for (int axis = 1; axis < table.rank(); ++axis) rows.push_back(table[axis]);
  return rows;
}

std::vector<TensorType> infer_gather(const Attributes&, std::span<const TensorType> inputs) {
  check_indices_type(inputs[1].dtype);
  return {{inputs[0].dtype, picked(inputs[1].shape, inputs[0].shape)}};
}

std::vector<TensorType> infer_gather_grad(const Attributes& attributes, std::span<const TensorType> inputs) {
  const Shape& table = attributes.get<GatherGradAttributes>().table;
  const auto& [dtype, dy] = inputs[0];
  check_indices_type(inputs[1].dtype);
  LAMINA_CHECK(is_floating(dtype), "sums rows of floating point, got ", dtype);
  LAMINA_CHECK(dy == picked(inputs[1].shape, table), "rows of shape ", dy, " do not fit indices ", inputs[1].shape,
               " into a table ", table);
  return {{dtype, table}};
}

std::vector<Value> gather_gradient(const GradientContext& context) {
  const Value &table = context.inputs[0], &indices = context.inputs[1];
  return {gather_grad(context.output_gradients[0], indices, table.shape()), Value()};
}

std::vector<Value> gather_grad_gradient(const GradientContext& context) {
  return {gather(context.output_gradients[0], context.inputs[1]), Value()};
}

}  // namespace

const OpDef& gather_op() {
  static const OpDef op{
      .name = "gather", .infer = infer_gather, .gradient = gather_gradient, .flops = {}, .exact_on_integers = true};
  return op;
}

const OpDef& gather_grad_op() {
  static const OpDef op{
      .name = "gather_grad",
      .infer = infer_gather_grad,
      .gradient = gather_grad_gradient,
      .flops = [](const Attributes&, std::span<const TensorType> inputs,
                  std::span<const TensorType>) { return static_cast<double>(inputs[0].shape.extents().count()); },
      .exact_on_integers = true};
  return op;
}

Value gather(const Value& table, const Value& indices) {
  return make_value(gather_op(), GatherAttributes{}, {table, indices});
}

Value gather_grad(const Value& dy, const Value& indices, const Shape& table) {
  return make_value(gather_grad_op(), GatherGradAttributes{table}, {dy, indices});
}

Value range(int64_t count, DType dtype) {
  std::vector<int32_t> numbers(static_cast<size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return constant(HostTensor::of<int32_t>(Extents{count}, numbers).cast(dtype));
}

Value one_hot(const Value& indices, int64_t classes, DType dtype) {
  LAMINA_CHECK(!is_floating(indices.dtype()), "[one_hot] the indices must be whole numbers, got ", indices.dtype(),
               "; use cast()");
  const Value line = reshape(indices, indices.shape().with_axis(indices.shape().rank(), 1));
  return cast(equal(line, range(classes)), dtype);
}

Value gather_along(const Value& x, const Value& indices, int axis) {
  const Shape& shape = x.shape();
  axis = normalized_axis(axis, shape.rank(), "[gather_along]");
  LAMINA_CHECK(indices.shape() == shape.without_axis(axis), "[gather_along] indices of shape ", indices.shape(),
               " do not pick one element along axis ", axis, " of ", shape);
  LAMINA_CHECK(shape[axis].is_number(), "[gather_along] axis ", axis, " of ", shape, " must have a number of elements");
  Shape along;  // of the range, so that it runs along `axis`
  for (int i = axis; i < shape.rank(); ++i) along.push_back(i == axis ? shape[axis] : Dim(1));
  const Value taken =
      equal(reshape(indices, shape.without_axis(axis).with_axis(axis, 1)), reshape(range(shape[axis].number()), along));
  return sum(where(taken, x, 0), {axis});
}

std::vector<OpEntry> gather_ops() { return {{gather_op(), gather_cases}, {gather_grad_op(), gather_grad_cases}}; }

}  // namespace lamina
