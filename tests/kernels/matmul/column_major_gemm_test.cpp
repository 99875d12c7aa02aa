// SPDX-License-Identifier: Apache-2.0
// What cuBLAS is told, without cuBLAS: a column-major GEMM in plain loops that believes the same words.
#include "kernels/matmul/column_major_gemm.h"

#include <gtest/gtest.h>

#include <vector>

namespace lamina {
namespace {

// c[m, n] = op(left)[m, k] op(right)[k, n], all in column-major reading, as the BLAS standard has it.
void plain_gemm(const ColumnMajorGemm& g, const double* left, const double* right, double* result) {
  for (int which = 0; which < g.batch; ++which) {
    for (int row = 0; row < g.m; ++row) {
      for (int column = 0; column < g.n; ++column) {
        double sum = 0;
        for (int i = 0; i < g.k; ++i) {
          const long long in_left = g.transpose_left ? i + 1LL * row * g.left_stride : row + 1LL * i * g.left_stride;
          const long long in_right = g.transpose_right ? column + 1LL * i * g.right_stride : i + 1LL * column * g.right_stride;
          sum += left[which * g.left_batch + in_left] * right[which * g.right_batch + in_right];
        }
        result[which * g.result_batch + row + 1LL * column * g.result_stride] = sum;
      }
    }
  }
}

std::vector<double> numbers(int64_t count, int salt) {
  std::vector<double> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<double>((i * 31 + salt) % 17 - 8));
  return values;
}

// Our own reading of the geometry.
std::vector<double> expected_product(const MatmulGeometry& g, const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> y;
  for (int64_t which = 0; which < g.batch; ++which) {
    for (int64_t row = 0; row < g.m; ++row) {
      for (int64_t column = 0; column < g.n; ++column) {
        double sum = 0;
        for (int64_t k = 0; k < g.k; ++k) {
          sum += a[static_cast<size_t>(g.a_offset(which) + (g.transpose_a ? k * g.lda + row : row * g.lda + k))] *
                 b[static_cast<size_t>(g.b_offset(which) + (g.transpose_b ? column * g.ldb + k : k * g.ldb + column))];
        }
        y.push_back(sum);
      }
    }
  }
  return y;
}

void expect_same(const MatmulAttributes& attributes, const Extents& a, const Extents& b) {
  const MatmulGeometry product = geometry_of(attributes, a, b);
  ColumnMajorGemm gemm;
  ASSERT_TRUE(column_major(product, &gemm).accepted());
  const std::vector<double> left = numbers(a.count(), 1), right = numbers(b.count(), 5);
  const std::vector<double> expected = expected_product(product, left, right);
  std::vector<double> got(expected.size(), -99);
  plain_gemm(gemm, right.data(), left.data(), got.data());  // factors change places
  EXPECT_EQ(got, expected) << a << " " << b;
}

TEST(ColumnMajorGemm, SaysTheSameProduct) {
  expect_same({false, false}, {4, 5}, {5, 3});
  expect_same({false, true}, {4, 5}, {3, 5});
  expect_same({true, false}, {5, 4}, {5, 3});
  expect_same({true, true}, {5, 4}, {3, 5});
  expect_same({false, false}, {1, 7}, {7, 1});
}

TEST(ColumnMajorGemm, StridesOverBatchesAndSharedFactors) {
  expect_same({false, false}, {6, 4, 5}, {6, 5, 3});
  expect_same({false, true}, {2, 3, 4, 5}, {2, 3, 3, 5});
  expect_same({false, false}, {2, 4, 5}, {5, 3});  // folded into rows
  expect_same({true, false}, {2, 5, 4}, {5, 3});   // one b for all
  expect_same({false, true}, {4, 5}, {7, 3, 5});   // one a for all
}

TEST(ColumnMajorGemm, DeclinesWhatIsNoSingleGemm) {
  ColumnMajorGemm gemm;
  const auto reason = [&](const Extents& a, const Extents& b) {
    const Verdict verdict = column_major(geometry_of({}, a, b), &gemm);
    return verdict.accepted() ? "" : verdict.reason();
  };
  EXPECT_EQ(reason({2, 1, 3, 4}, {1, 3, 4, 5}), "the batch axes of the factors broadcast crosswise");
  EXPECT_EQ(reason({4, 0}, {0, 3}), "an empty product");
  EXPECT_EQ(reason({0, 5}, {5, 3}), "an empty product");
  EXPECT_EQ(reason({int64_t{1} << 31, 1}, {1, 1}), "a size of 2147483648 does not fit 32 bits");
}

}  // namespace
}  // namespace lamina
