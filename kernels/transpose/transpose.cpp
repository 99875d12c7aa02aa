// SPDX-License-Identifier: Apache-2.0
#include "kernels/transpose/transpose.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/graph/reshape.h"
#include "kernels/op_folder.h"

namespace lamina {

std::vector<OpCase> transpose_cases();

namespace {

std::vector<TensorType> infer_transpose(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& permutation = attributes.get<TransposeAttributes>().permutation;
  const Shape& x = inputs[0].shape;
  std::vector<int> sorted = permutation;
  std::sort(sorted.begin(), sorted.end());
  bool each_once = static_cast<int>(sorted.size()) == x.rank();
  for (size_t i = 0; each_once && i < sorted.size(); ++i) each_once = sorted[i] == static_cast<int>(i);
  LAMINA_CHECK(each_once, "the permutation (", join(permutation), ") must name each of the ", x.rank(), " axes of ", x,
               " once");
  Shape y;
  for (const int axis : permutation) y.push_back(x[axis]);
  return {{inputs[0].dtype, y}};
}

std::vector<Value> transpose_gradient(const GradientContext& context) {
  const auto& permutation = context.attributes<TransposeAttributes>().permutation;
  std::vector<int> inverse(permutation.size());
  for (size_t i = 0; i < permutation.size(); ++i) inverse[static_cast<size_t>(permutation[i])] = static_cast<int>(i);
  return {transpose(context.output_gradients[0], std::move(inverse))};
}

// True where the axes that are not of length 1 keep their order.
bool moves_nothing(const Shape& x, const std::vector<int>& permutation) {
  int last = -1;
  for (const int axis : permutation) {
    if (x[axis] == Dim(1)) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

}  // namespace

const OpDef& transpose_op() {
  static const OpDef op{.name = "transpose",
                        .infer = infer_transpose,
                        .gradient = transpose_gradient,
                        .flops = {},
                        .exact_on_integers = true};
  return op;
}

Value transpose(const Value& x, std::vector<int> permutation) {
  for (int& axis : permutation) axis = normalized_axis(axis, x.shape().rank(), "[transpose]");
  const Value y = make_value(transpose_op(), TransposeAttributes{permutation}, {x});
  return moves_nothing(x.shape(), permutation) ? reshape(x, y.shape()) : y;
}

std::vector<OpEntry> transpose_ops() { return {{transpose_op(), transpose_cases}}; }

}  // namespace lamina
