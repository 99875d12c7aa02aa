// SPDX-License-Identifier: Apache-2.0
#include "kernels/matmul/matmul_geometry.h"

namespace lamina {
namespace {

Extents batch_of(const Extents& extents) {
  Extents batch;
  for (int axis = 0; axis + 2 < extents.rank(); ++axis) batch.push_back(extents[axis]);
  return batch;
}

}  // namespace

MatmulGeometry geometry_of(const MatmulAttributes& attributes, const Extents& a, const Extents& b) {
  MatmulGeometry geometry;
  geometry.transpose_a = attributes.transpose_a;
  geometry.transpose_b = attributes.transpose_b;
  const int64_t a_rows = a[a.rank() - 2], a_columns = a[a.rank() - 1];
  const int64_t b_rows = b[b.rank() - 2], b_columns = b[b.rank() - 1];
  geometry.m = attributes.transpose_a ? a_columns : a_rows;
  geometry.k = attributes.transpose_a ? a_rows : a_columns;
  geometry.n = attributes.transpose_b ? b_rows : b_columns;
  geometry.lda = a_columns;
  geometry.ldb = b_columns;
  geometry.a_matrix = a_rows * a_columns;
  geometry.b_matrix = b_rows * b_columns;

  const Extents a_batch = batch_of(a), b_batch = batch_of(b);
  const Extents batch = broadcast_shapes(a_batch, b_batch).extents();
  const Extents operands[] = {a_batch, b_batch};
  geometry.batches = broadcast_index(batch, operands);
  geometry.batch = batch.count();
  if (b_batch.count() == 1 && a_batch == batch && !attributes.transpose_a) {
    geometry.m *= geometry.batch;
    geometry.batch = 1;
    geometry.batches = BroadcastIndex();
  }
  return geometry;
}

}  // namespace lamina
