// SPDX-License-Identifier: Apache-2.0
#include "layers/orthonormal.h"

#include <cmath>
#include <span>

#include "core/base/check.h"

namespace lamina {
namespace {

// The matrix by columns, so that all inner loops run along memory.
class Columns {
 public:
  Columns(int64_t rows, int64_t columns) : rows_(rows), values_(static_cast<size_t>(rows * columns)) {}
  // Column `column` from row `first` down.
  std::span<double> below(int64_t column, int64_t first) {
    return {values_.data() + column * rows_ + first, static_cast<size_t>(rows_ - first)};
  }

 private:
  int64_t rows_;
  std::vector<double> values_;
};

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// x - 2 v (v.x) for a unit vector v: the mirror image of x at the plane across v. v = 0 leaves x as it is.
void reflect(std::span<double> x, std::span<const double> v) {
  const double twice = 2 * dot(v, x);
  for (size_t i = 0; i < x.size(); ++i) x[i] -= twice * v[i];
}

// Turns x into the unit v whose reflection maps x onto its first axis; returns what stands there then, -sign(x_0) |x|.
double make_reflector(std::span<double> x) {
  const double norm = std::sqrt(dot(x, x));
  const double target = x[0] < 0 ? norm : -norm;  // away from x_0: no cancellation
  x[0] -= target;
  const double length = std::sqrt(dot(x, x));
  if (length > 0) {
    for (double& value : x) value /= length;
  }
  return target;
}

}  // namespace

void make_orthonormal_columns(std::vector<double>& matrix, int64_t rows, int64_t columns) {
  LAMINA_ASSERT(rows >= columns && columns > 0 && static_cast<int64_t>(matrix.size()) == rows * columns);
  Columns reflectors(rows, columns);
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      reflectors.below(column, row)[0] = matrix[static_cast<size_t>(row * columns + column)];
    }
  }

  std::vector<double> signs;
  for (int64_t k = 0; k < columns; ++k) {
    const std::span<double> v = reflectors.below(k, k);
    signs.push_back(make_reflector(v) < 0 ? -1 : 1);
    for (int64_t other = k + 1; other < columns; ++other) reflect(reflectors.below(other, k), v);
  }

  // Q = H_0 H_1 ... applied to the first columns of the unit matrix, signed. Column j is 0 above row j until H_j.
  Columns q(rows, columns);
#pragma omp parallel for schedule(static)
  for (int64_t column = 0; column < columns; ++column) {
    q.below(column, column)[0] = signs[static_cast<size_t>(column)];
    for (int64_t k = column; k >= 0; --k) reflect(q.below(column, k), reflectors.below(k, k));
  }
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      matrix[static_cast<size_t>(row * columns + column)] = q.below(column, row)[0];
    }
  }
}

}  // namespace lamina
