// SPDX-License-Identifier: Apache-2.0
#include "kernels/matmul/matmul.h"

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "core/graph/reshape.h"
#include "kernels/op_folder.h"

namespace lamina {

std::vector<OpCase> matmul_cases();

namespace {

Shape batch_of(const Shape& shape) {
  Shape batch;
  for (int axis = 0; axis + 2 < shape.rank(); ++axis) batch.push_back(shape[axis]);
  return batch;
}

std::vector<TensorType> infer_matmul(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& matmul = attributes.get<MatmulAttributes>();
  const Shape &a = inputs[0].shape, &b = inputs[1].shape;
  LAMINA_CHECK(a.rank() >= 2 && b.rank() >= 2, "both factors need two axes or more, got ", a, " and ", b);
  LAMINA_CHECK(inputs[0].dtype == inputs[1].dtype && is_floating(inputs[0].dtype),
               "both factors must have one floating type, got ", inputs[0].dtype, " and ", inputs[1].dtype, "; use cast()");
  const Dim& m = a[a.rank() - (matmul.transpose_a ? 1 : 2)];
  const Dim& k = a[a.rank() - (matmul.transpose_a ? 2 : 1)];
  const Dim& k_of_b = b[b.rank() - (matmul.transpose_b ? 1 : 2)];
  const Dim& n = b[b.rank() - (matmul.transpose_b ? 2 : 1)];
  LAMINA_CHECK(k == k_of_b, "the inner dimensions differ: ", k, " of ", a, (matmul.transpose_a ? " transposed" : ""), " and ",
               k_of_b, " of ", b, (matmul.transpose_b ? " transposed" : ""));
  Shape shape = broadcast_shapes(batch_of(a), batch_of(b));
  shape.push_back(m);
  shape.push_back(n);
  return {{inputs[0].dtype, shape}};
}

// da = dy b^T and db = a^T dy, in whichever order undoes the transpositions, summed over broadcast batch axes.
std::vector<Value> matmul_gradient(const GradientContext& context) {
  const auto& [transpose_a, transpose_b] = context.attributes<MatmulAttributes>();
  const Value &a = context.inputs[0], &b = context.inputs[1], &dy = context.output_gradients[0];
  const Value da = transpose_a ? matmul(b, dy, transpose_b, true) : matmul(dy, b, false, !transpose_b);
  Value db;
  if (b.shape().rank() == 2 && !transpose_a && a.shape().rank() > 2) {
    // A matrix under a batch: one product over all rows rather than a batch of products and their sum.
    const Value rows = reshape(a, Shape{Dim(-1), a.shape()[a.shape().rank() - 1]});
    const Value dy_rows = reshape(dy, Shape{Dim(-1), dy.shape()[dy.shape().rank() - 1]});
    db = transpose_b ? matmul(dy_rows, rows, true, false) : matmul(rows, dy_rows, true, false);
  } else {
    db = transpose_b ? matmul(dy, a, true, transpose_a) : matmul(a, dy, !transpose_a, false);
  }
  return {sum_to(da, a.shape()), sum_to(db, b.shape())};
}

}  // namespace

const OpDef& matmul_op() {
  static const OpDef op{.name = "matmul",
                        .infer = infer_matmul,
                        .gradient = matmul_gradient,
                        .flops =
                            [](const Attributes& attributes, std::span<const TensorType> inputs, std::span<const TensorType> outputs) {
                              const Extents a = inputs[0].shape.extents();
                              const int64_t k = a[a.rank() - (attributes.get<MatmulAttributes>().transpose_a ? 2 : 1)];
                              return 2.0 * static_cast<double>(outputs[0].shape.extents().count()) * static_cast<double>(k);
                            },
                        .exact_on_integers = true};
  return op;
}

Value matmul(const Value& a, const Value& b, bool transpose_a, bool transpose_b) {
  return make_value(matmul_op(), MatmulAttributes{transpose_a, transpose_b}, {a, b});
}

std::vector<OpEntry> matmul_ops() { return {{matmul_op(), matmul_cases}}; }

}  // namespace lamina
