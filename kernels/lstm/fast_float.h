// SPDX-License-Identifier: Apache-2.0
// A float whose exp and tanh are a few straight-line operations, so that loops over evaluate<function, FastFloat>()
// vectorise on any compiler: std::exp is a call per element. Within 3 units in the last place of the exact result; NaN
// stays NaN. exp is clamped to [2^-126, 2^127], where sigmoid and tanh have long reached their limits.
//
// x = n ln 2 + r with |r| <= ln 2 / 2; expm1(r) is its Taylor polynomial to r^7 (the next term is below 2^-25 of it),
// and exp(x) = 2^n (1 + expm1(r)). tanh(x) = expm1(2x) / (expm1(2x) + 2) is exact to the last bits at 0, too.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace lamina {

struct FastFloat {
  constexpr FastFloat() = default;
  constexpr explicit FastFloat(float v) : value(v) {}
  constexpr explicit FastFloat(double v) : value(static_cast<float>(v)) {}
  constexpr explicit FastFloat(int v) : value(static_cast<float>(v)) {}
  constexpr explicit FastFloat(bool v) : value(v ? 1.0f : 0.0f) {}
  float value = 0;

  friend constexpr FastFloat operator+(FastFloat a, FastFloat b) { return FastFloat(a.value + b.value); }
  friend constexpr FastFloat operator-(FastFloat a, FastFloat b) { return FastFloat(a.value - b.value); }
  friend constexpr FastFloat operator*(FastFloat a, FastFloat b) { return FastFloat(a.value * b.value); }
  friend constexpr FastFloat operator/(FastFloat a, FastFloat b) { return FastFloat(a.value / b.value); }
  friend constexpr FastFloat operator-(FastFloat a) { return FastFloat(-a.value); }
  friend constexpr bool operator<(FastFloat a, FastFloat b) { return a.value < b.value; }
  friend constexpr bool operator<=(FastFloat a, FastFloat b) { return a.value <= b.value; }
  friend constexpr bool operator>(FastFloat a, FastFloat b) { return a.value > b.value; }
};

// 2^n and expm1(r) of x = n ln 2 + r.
struct ReducedExponent {
  float power;
  float expm1;
};

inline ReducedExponent reduce_exponent(float x) {
  constexpr float kLowest = -87.33654f, kHighest = 88.02969f;  // 2^-126 and 2^127
  constexpr float kLog2High = 0.693359375f,
                  kLog2Low = -2.12194440e-4f;  // ln 2 in two parts: n times the first is exact
  constexpr float kToInteger = 12582912.0f;    // 1.5 * 2^23: adding it rounds to a whole number, held in the low bits
  x = x < kLowest ? kLowest : x;
  x = x > kHighest ? kHighest : x;
  const float shifted = x * 1.44269504f + kToInteger;
  const float n = shifted - kToInteger;
  const float r = (x - n * kLog2High) - n * kLog2Low;
  const uint32_t n_bits = std::bit_cast<uint32_t>(shifted) - std::bit_cast<uint32_t>(kToInteger);
  const float power = std::bit_cast<float>((n_bits + 127u) << 23);
  float sum = 1.0f / 5040;
  sum = sum * r + 1.0f / 720;
  sum = sum * r + 1.0f / 120;
  sum = sum * r + 1.0f / 24;
  sum = sum * r + 1.0f / 6;
  sum = sum * r + 0.5f;
  return {power, r + r * r * sum};
}

inline FastFloat exp(FastFloat x) {
  const ReducedExponent e = reduce_exponent(x.value);
  return FastFloat(e.power * e.expm1 + e.power);
}

inline FastFloat expm1(FastFloat x) {
  const ReducedExponent e = reduce_exponent(x.value);
  return FastFloat(e.power * e.expm1 + (e.power - 1.0f));
}

inline FastFloat tanh(FastFloat x) {
  constexpr float kSaturated = 10.0f;  // tanh is 1 in float from 9.02 on; expm1 of twice this is finite
  const FastFloat e = expm1(FastFloat(2.0f * (x.value > kSaturated ? kSaturated : x.value)));
  return FastFloat(e.value / (e.value + 2.0f));
}

inline FastFloat fmin(FastFloat a, FastFloat b) { return a < b ? a : b; }
inline FastFloat fmax(FastFloat a, FastFloat b) { return a > b ? a : b; }
inline FastFloat fabs(FastFloat a) { return FastFloat(std::fabs(a.value)); }
inline FastFloat log1p(FastFloat a) { return FastFloat(std::log1p(a.value)); }

}  // namespace lamina
