// SPDX-License-Identifier: Apache-2.0
// How far a tensor may be from what it should be. The tolerance comes from its type and from how many numbers were
// summed into an element, never from the author's mood.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "core/tensor/host_tensor.h"

namespace lamina::testing {

// An element may differ from the expected e by relative * |e| + absolute * s, where s is 1 or, if that is more, the
// root mean square of the expected tensor.
struct Tolerance {
  double relative = 0;
  double absolute = 0;
};

// `relative` is the rounding of the stored result: one and a half units of roundoff u of `dtype` (a second rounding,
// from f32 to 16 bits, may add a half). `absolute` is the arithmetic before it, in f32 for all floats but f64: rounding
// errors of a sum of n terms behave like a random walk, so they grow as sqrt(n) u (Higham and Mary, "A new approach to
// probabilistic rounding error analysis", 2019); four standard deviations of it, and eight roundings for what is done
// per term. Whole numbers and bool have no tolerance.
Tolerance tolerance_for(DType dtype, int64_t reduction_length);

// The same for factors rounded to tf32 before they are multiplied: each product is off by up to 2^-10 of its size, and
// these errors add up like the products themselves, so that they do not grow with the length of the sum.
Tolerance tf32_tolerance_for(int64_t reduction_length);

// "" where every element is within `tolerance`; else what is worst: "12 of 40 elements differ, worst at (2, 3):
// got 1.5, expected 1.25 (off by 0.25, allowed 1e-6)". NaN equals NaN, infinities equal themselves; an expected number
// beyond the range of actual's type is its infinity. `expected` may be of another type.
std::string difference(const HostTensor& actual, const HostTensor& expected, Tolerance tolerance);

// "" where both hold the same numbers after rounding `expected` to actual's type (0 and -0 are the same number).
std::string exact_difference(const HostTensor& actual, const HostTensor& expected);

bool same_bits(const HostTensor& a, const HostTensor& b);  // same type, shape and bytes

::testing::AssertionResult is_close(const HostTensor& actual, const HostTensor& expected, Tolerance tolerance);
::testing::AssertionResult is_equal(const HostTensor& actual, const HostTensor& expected);

}  // namespace lamina::testing
