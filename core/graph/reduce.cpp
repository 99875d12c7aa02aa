// SPDX-License-Identifier: Apache-2.0
#include "core/graph/reduce.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/graph/reshape.h"

namespace lamina {
namespace {

Shape reduced_shape(const Shape& domain, const std::vector<int>& axes, bool keep_dims) {
  Shape shape;
  for (int axis = 0; axis < domain.rank(); ++axis) {
    const bool reduced = std::binary_search(axes.begin(), axes.end(), axis);
    if (!reduced) shape.push_back(domain[axis]);
    if (reduced && keep_dims) shape.push_back(1);
  }
  return shape;
}

std::vector<TensorType> infer_reduce(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& reduce = attributes.get<ReduceAttributes>();
  const Shape domain = reduced_domain(reduce, inputs);
  for (const int axis : reduce.axes) {
    LAMINA_CHECK(axis >= 0 && axis < domain.rank(), "axis ", axis, " of a tensor of shape ", domain);
    const bool needs_elements = reduce.kind != ReduceKind::sum;
    LAMINA_CHECK(!needs_elements || !(domain[axis] == Dim(0)), name_of(reduce.kind), " over axis ", axis, " of ", domain,
                 ", which has no elements");
  }
  return {{reduce.output_type, reduced_shape(domain, reduce.axes, reduce.keep_dims)}};
}

Dim reduced_count(const Shape& domain, const std::vector<int>& axes) {
  Dim count = 1;
  for (const int axis : axes) count = count * domain[axis];
  return count;
}

std::vector<Value> reduce_gradient(const GradientContext& context) {
  const auto& reduce = context.attributes<ReduceAttributes>();
  LAMINA_ASSERT(reduce.program.is_copy(), "fused before differentiation: ", context.node.name);
  const Value& x = context.inputs[0];
  if (reduce.kind == ReduceKind::argmax || !is_floating(x.dtype())) return {Value()};
  const Shape kept = reduced_shape(x.shape(), reduce.axes, true);
  const Value dy = reshape(context.output_gradients[0], kept);
  if (reduce.kind == ReduceKind::sum) return {broadcast_to(dy, x.shape())};
  // Counts in at least f32: bf16 has no 257, f16 no 65520.
  const DType wide = x.dtype() == DType::f64 ? DType::f64 : DType::f32;
  if (reduce.kind == ReduceKind::mean) {
    const Value count = size_value(reduced_count(x.shape(), reduce.axes), wide);
    return {broadcast_to(cast(cast(dy, wide) / count, x.dtype()), x.shape())};
  }
  // Equal extremes share the gradient.
  const Value chosen = cast(equal(x, reshape(context.outputs[0], kept)), wide);
  return {cast(chosen * (cast(dy, wide) / sum(chosen, reduce.axes, true)), x.dtype())};
}

Value reduce(const Value& x, ReduceKind kind, std::vector<int> axes, bool keep_dims) {
  ReduceAttributes attributes;
  attributes.kind = kind;
  attributes.keep_dims = keep_dims;
  const int rank = x.shape().rank();
  if (axes.empty()) {
    for (int axis = 0; axis < rank; ++axis) axes.push_back(axis);
  }
  for (int& axis : axes) axis = normalized_axis(axis, rank, "[reduce]");
  std::sort(axes.begin(), axes.end());
  LAMINA_CHECK(std::adjacent_find(axes.begin(), axes.end()) == axes.end(), "[reduce] an axis is named twice");
  attributes.axes = std::move(axes);
  if (x.dtype() == DType::f64) attributes.compute = DType::f64;
  if (!is_floating(x.dtype())) attributes.compute = DType::i32;
  attributes.output_type = kind == ReduceKind::argmax ? DType::i32 : x.dtype();
  return make_value(reduce_op(), std::move(attributes), {x});
}

// Sums of bool and u8 are i32; means of whole numbers are f32.
Value widened(const Value& x, bool fractions) {
  if (is_floating(x.dtype())) return x;
  return cast(x, fractions ? DType::f32 : DType::i32);
}

}  // namespace

std::string_view name_of(ReduceKind kind) {
  constexpr std::string_view kNames[] = {"sum", "mean", "max", "min", "argmax"};
  return kNames[static_cast<size_t>(kind)];
}

Shape reduced_domain(const ReduceAttributes& attributes, std::span<const TensorType> inputs) {
  Shape domain = attributes.shape;
  for (const TensorType& input : inputs) domain = broadcast_shapes(domain, input.shape);
  return domain;
}

const OpDef& reduce_op() {
  static const OpDef op{
      .name = "reduce",
      .infer = infer_reduce,
      .gradient = reduce_gradient,
      .flops =
          [](const Attributes& attributes, std::span<const TensorType> inputs, std::span<const TensorType>) {
            const auto& reduce = attributes.get<ReduceAttributes>();
            return static_cast<double>(reduced_domain(reduce, inputs).extents().count()) *
                   static_cast<double>(reduce.program.instructions.size() + 1);
          },
      .exact_on_integers = true};
  return op;
}

Value sum(const Value& x, std::vector<int> axes, bool keep_dims) {
  return reduce(widened(x, false), ReduceKind::sum, std::move(axes), keep_dims);
}
Value mean(const Value& x, std::vector<int> axes, bool keep_dims) {
  return reduce(widened(x, true), ReduceKind::mean, std::move(axes), keep_dims);
}
Value max(const Value& x, std::vector<int> axes, bool keep_dims) {
  return reduce(widened(x, false), ReduceKind::max, std::move(axes), keep_dims);
}
Value min(const Value& x, std::vector<int> axes, bool keep_dims) {
  return reduce(widened(x, false), ReduceKind::min, std::move(axes), keep_dims);
}
Value argmax(const Value& x, int axis, bool keep_dims) { return reduce(x, ReduceKind::argmax, {axis}, keep_dims); }

Value sum_to(const Value& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  const int extra = x.shape().rank() - shape.rank();
  std::vector<int> axes;
  for (int axis = 0; axis < x.shape().rank(); ++axis) {
    const bool broadcast = axis < extra || (shape[axis - extra] == Dim(1) && !(x.shape()[axis] == Dim(1)));
    if (broadcast) axes.push_back(axis);
  }
  const Value summed = axes.empty() ? x : sum(x, axes, true);
  return reshape(summed, shape);
}

}  // namespace lamina
