// SPDX-License-Identifier: Apache-2.0
#include "kernels/slice/slice.h"

#include <algorithm>

#include "core/base/check.h"
#include "kernels/op_folder.h"

namespace lamina {

std::vector<OpCase> slice_cases();
std::vector<OpCase> unslice_cases();

namespace {

// What can be known of it must lie within the axis; with symbols that is checked when they have become numbers.
void check_range(int axis, const Dim& size, const Dim& begin, const Dim& length, int64_t step) {
  LAMINA_CHECK(step != 0, "the step along axis ", axis, " is 0");
  if (!length.is_number()) return;
  LAMINA_CHECK(length.number() >= 0, "a length of ", length, " along axis ", axis);
  if (length == Dim(0) || !size.is_number() || !begin.is_number()) return;
  const int64_t first = begin.number(), last = first + (length.number() - 1) * step;
  LAMINA_CHECK(std::min(first, last) >= 0 && std::max(first, last) < size.number(), "elements ", first, " to ", last,
               " of axis ", axis, ", which has ", size);
}

void check_ranks(int rank, const Shape& begin, const Shape& other, const std::vector<int64_t>& step) {
  LAMINA_CHECK(begin.rank() == rank && other.rank() == rank && static_cast<int>(step.size()) == rank,
               "takes one begin, length and step per axis: ", rank, ", got ", begin.rank(), ", ", other.rank(), " and ",
               step.size());
}

std::vector<TensorType> infer_slice(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& [begin, length, step] = attributes.get<SliceAttributes>();
  const Shape& x = inputs[0].shape;
  check_ranks(x.rank(), begin, length, step);
  for (int axis = 0; axis < x.rank(); ++axis)
    check_range(axis, x[axis], begin[axis], length[axis], step[static_cast<size_t>(axis)]);
  return {{inputs[0].dtype, length}};
}

std::vector<TensorType> infer_unslice(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& [shape, begin, step] = attributes.get<UnsliceAttributes>();
  const Shape& x = inputs[0].shape;
  check_ranks(x.rank(), begin, shape, step);
  for (int axis = 0; axis < x.rank(); ++axis)
    check_range(axis, shape[axis], begin[axis], x[axis], step[static_cast<size_t>(axis)]);
  return {{inputs[0].dtype, shape}};
}

std::vector<Value> slice_gradient(const GradientContext& context) {
  const auto& attributes = context.attributes<SliceAttributes>();
  return {unslice(context.output_gradients[0], context.inputs[0].shape(), attributes.begin, attributes.step)};
}

std::vector<Value> unslice_gradient(const GradientContext& context) {
  const auto& attributes = context.attributes<UnsliceAttributes>();
  return {slice_axes(context.output_gradients[0], attributes.begin, context.inputs[0].shape(), attributes.step)};
}

// Python's reading of a bound of an axis of `size` elements.
Dim resolved(const Dim& bound, const Dim& size, int64_t step) {
  const Dim from_end = size + bound;
  const bool counts_from_end = bound.is_number() ? bound.number() < 0 : from_end.is_number();
  const Dim at = counts_from_end ? from_end : bound;
  if (!at.is_number() || !size.is_number()) return at;
  const int64_t lowest = step > 0 ? 0 : -1;
  return std::clamp(at.number(), lowest, size.number() + lowest);
}

Shape zeros(int rank) { return Shape(std::vector<Dim>(static_cast<size_t>(rank), Dim(0))); }

}  // namespace

const OpDef& slice_op() {
  static const OpDef op{
      .name = "slice", .infer = infer_slice, .gradient = slice_gradient, .flops = {}, .exact_on_integers = true};
  return op;
}

const OpDef& unslice_op() {
  static const OpDef op{
      .name = "unslice", .infer = infer_unslice, .gradient = unslice_gradient, .flops = {}, .exact_on_integers = true};
  return op;
}

Value slice(const Value& x, int axis, const Dim& begin, const Dim& end, int64_t step) {
  LAMINA_CHECK(step != 0, "[slice] the step is 0");
  const Shape& shape = x.shape();
  axis = normalized_axis(axis, shape.rank(), "[slice]");
  const Dim first = resolved(begin, shape[axis], step), last = resolved(end, shape[axis], step);
  const Dim length =
      step > 0 ? (last - first + Dim(step - 1)) / Dim(step) : (first - last + Dim(-step - 1)) / Dim(-step);

  Shape begins = zeros(shape.rank()), lengths = shape;
  begins[axis] = first;
  lengths[axis] = length.is_number() ? Dim(std::max<int64_t>(length.number(), 0)) : length;
  std::vector<int64_t> steps(static_cast<size_t>(shape.rank()), 1);
  steps[static_cast<size_t>(axis)] = step;
  return slice_axes(x, begins, lengths, std::move(steps));
}

Value reverse(const Value& x, int axis) {
  const Shape& shape = x.shape();
  axis = normalized_axis(axis, shape.rank(), "[reverse]");
  return slice(x, axis, shape[axis] - Dim(1), Dim(-1) - shape[axis], -1);
}

Value slice_axes(const Value& x, const Shape& begin, const Shape& length, std::vector<int64_t> step) {
  const bool forward = std::all_of(step.begin(), step.end(), [](int64_t each) { return each == 1; });
  if (forward && length == x.shape() && begin == zeros(x.shape().rank())) return x;
  return make_value(slice_op(), SliceAttributes{begin, length, std::move(step)}, {x});
}

Value unslice(const Value& x, const Shape& shape, const Shape& begin, std::vector<int64_t> step) {
  return make_value(unslice_op(), UnsliceAttributes{shape, begin, std::move(step)}, {x});
}

std::vector<OpEntry> slice_ops() { return {{slice_op(), slice_cases}, {unslice_op(), unslice_cases}}; }

}  // namespace lamina
