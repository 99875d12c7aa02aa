// SPDX-License-Identifier: Apache-2.0
// Our product as a column-major GEMM takes it, c[m, n] = left[m, k] * right[k, n]. A row-major matrix is its transpose
// in column-major reading, and y^T = b^T a^T: so the left factor is b, the right one a, and m and n change places.
#pragma once

#include <limits>

#include "kernels/matmul/matmul_geometry.h"

namespace lamina {

// Strides count elements: from column to column as the factors are stored, and from matrix to matrix of a batch.
struct ColumnMajorGemm {
  bool transpose_left = false, transpose_right = false;
  int m = 0, n = 0, k = 0;
  int left_stride = 0, right_stride = 0, result_stride = 0;
  long long left_batch = 0, right_batch = 0, result_batch = 0;
  int batch = 1;
};

// Sets *gemm, or says why this product is no single strided GEMM.
inline Verdict column_major(const MatmulGeometry& product, ColumnMajorGemm* gemm) {
  if (product.m * product.n * product.k * product.batch == 0) return Verdict::no("an empty product");
  for (const int64_t size : {product.m, product.n, product.k, product.lda, product.ldb, product.batch}) {
    if (size > std::numeric_limits<int>::max()) return Verdict::no(text("a size of ", size, " does not fit 32 bits"));
  }
  if (product.batches.rank > 1) return Verdict::no("the batch axes of the factors broadcast crosswise");
  const auto narrow = [](int64_t size) { return static_cast<int>(size); };
  *gemm = {.transpose_left = product.transpose_b,
           .transpose_right = product.transpose_a,
           .m = narrow(product.n),
           .n = narrow(product.m),
           .k = narrow(product.k),
           .left_stride = narrow(product.ldb),
           .right_stride = narrow(product.lda),
           .result_stride = narrow(product.n),
           .left_batch = product.b_offset(1),
           .right_batch = product.a_offset(1),
           .result_batch = product.m * product.n,
           .batch = narrow(product.batch)};
  return Verdict::yes();
}

}  // namespace lamina
