// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/tensor_matchers.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/base/text.h"

namespace lamina::testing {
namespace {

// Half the distance from 1 to the next number.
double unit_roundoff(DType type) {
  switch (type) {
    case DType::f32:
      return 0x1p-24;
    case DType::bf16:
      return 0x1p-8;
    case DType::f16:
      return 0x1p-11;
    case DType::f64:
      return 0x1p-53;
    default:
      return 0;
  }
}

// Of the sums of a result of type `type`: 16-bit floats are only stored.
double unit_roundoff_of_sums(DType type) { return type == DType::f64 ? 0x1p-53 : 0x1p-24; }

double root_mean_square(const HostTensor& tensor) {
  double sum = 0;
  int64_t finite = 0;
  for (int64_t i = 0; i < tensor.count(); ++i) {
    const double value = tensor.at(i);
    if (!std::isfinite(value)) continue;
    sum += value * value;
    ++finite;
  }
  return finite ? std::sqrt(sum / static_cast<double>(finite)) : 0;
}

std::string place(const Extents& extents, int64_t index) {
  std::vector<int64_t> at(static_cast<size_t>(extents.rank()));
  for (int axis = extents.rank() - 1; axis >= 0; --axis) {
    at[static_cast<size_t>(axis)] = index % extents[axis];
    index /= extents[axis];
  }
  return "(" + join(at) + ")";
}

// A NaN without its sign, which says nothing.
double shown(double value) { return std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : value; }

bool same_number(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

}  // namespace

Tolerance tolerance_for(DType dtype, int64_t reduction_length) {
  if (!is_floating(dtype)) return {};
  const double terms = static_cast<double>(std::max<int64_t>(reduction_length, 1));
  return {1.5 * unit_roundoff(dtype), unit_roundoff_of_sums(dtype) * (8 + 4 * std::sqrt(terms))};
}

Tolerance tf32_tolerance_for(int64_t reduction_length) {
  const Tolerance exact = tolerance_for(DType::f32, reduction_length);
  return {exact.relative, exact.absolute + 4 * 0x1p-10};
}

std::string difference(const HostTensor& actual, const HostTensor& expected, Tolerance tolerance) {
  if (actual.extents() != expected.extents())
    return text("shape ", actual.extents(), ", expected ", expected.extents());
  const HostTensor rounded = expected.cast(actual.dtype());
  const double scale = std::max(1.0, root_mean_square(expected));
  int64_t wrong = 0, worst = -1;
  double worst_excess = 0;
  for (int64_t i = 0; i < actual.count(); ++i) {
    const double got = actual.at(i), want = expected.at(i);
    if (same_number(got, rounded.at(i))) continue;
    const double excess = std::abs(got - want) / (tolerance.relative * std::abs(want) + tolerance.absolute * scale);
    if (excess <= 1) continue;
    ++wrong;
    // A NaN is worse than any number.
    if (worst < 0 || excess > worst_excess || (std::isnan(excess) && !std::isnan(worst_excess)))
      worst = i, worst_excess = excess;
  }
  if (!wrong) return "";
  const double got = actual.at(worst), want = expected.at(worst);
  return text(wrong, " of ", actual.count(), " elements differ, worst at ", place(actual.extents(), worst), ": got ",
              shown(got), ", expected ", shown(want), " (off by ", std::abs(got - want), ", allowed ",
              tolerance.relative * std::abs(want) + tolerance.absolute * scale, ")");
}

std::string exact_difference(const HostTensor& actual, const HostTensor& expected) {
  return difference(actual, expected.cast(actual.dtype()), Tolerance{});
}

bool same_bits(const HostTensor& a, const HostTensor& b) {
  return a.dtype() == b.dtype() && a.extents() == b.extents() &&
         (a.bytes() == 0 || std::memcmp(a.data(), b.data(), a.bytes()) == 0);
}

::testing::AssertionResult is_close(const HostTensor& actual, const HostTensor& expected, Tolerance tolerance) {
  const std::string why = difference(actual, expected, tolerance);
  return why.empty() ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << why;
}

::testing::AssertionResult is_equal(const HostTensor& actual, const HostTensor& expected) {
  const std::string why = exact_difference(actual, expected);
  return why.empty() ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << why;
}

}  // namespace lamina::testing
