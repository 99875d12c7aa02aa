// SPDX-License-Identifier: Apache-2.0
#include "core/graph/reshape.h"

#include "core/base/check.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_reshape(const Attributes& attributes, std::span<const TensorType> inputs) {
  const Shape& shape = attributes.get<ReshapeAttributes>().shape;
  LAMINA_CHECK(shape.count() == inputs[0].shape.count(), "cannot reshape ", inputs[0].shape, " (", inputs[0].shape.count(),
               " elements) to ", shape, " (", shape.count(), ")");
  return {{inputs[0].dtype, shape}};
}

// Replaces the one dim of -1 by what is left of `count`.
Shape resolve(const Shape& shape, const Dim& count, const Shape& from) {
  Shape resolved = shape;
  int open = -1;
  Dim known = 1;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] == Dim(-1)) {
      LAMINA_CHECK(open < 0, "[reshape] only one dimension of ", shape, " may be -1");
      open = i;
    } else {
      known = known * shape[i];
    }
  }
  if (open < 0) return resolved;
  LAMINA_CHECK(!(known == Dim(0)), "[reshape] -1 in ", shape, " has no one value beside a dimension of 0");
  resolved[open] = count / known;
  LAMINA_CHECK(resolved[open] * known == count, "[reshape] cannot reshape ", from, " to ", shape, ": ", count,
               " is not a multiple of ", known);
  return resolved;
}

}  // namespace

const OpDef& reshape_op() {
  static const OpDef op{.name = "reshape",
                        .infer = infer_reshape,
                        .gradient =
                            [](const GradientContext& context) {
                              return std::vector<Value>{reshape(context.output_gradients[0], context.inputs[0].shape())};
                            },
                        .flops = {},
                        .exact_on_integers = true};
  return op;
}

Value reshape(const Value& x, const Shape& shape) {
  const Shape resolved = resolve(shape, x.shape().count(), x.shape());
  if (resolved == x.shape()) return x;
  return make_value(reshape_op(), ReshapeAttributes{resolved}, {x});
}

}  // namespace lamina
