// SPDX-License-Identifier: Apache-2.0
// A number with its derivatives by four variables: a formula in these gives its own gradient (forward mode). constexpr, for
// kernels too.
#pragma once

#include <cmath>

namespace lamina {

inline constexpr double kYoloTiny = 1e-7;  // keeps quotients of boxes without area finite

template <class T>
struct Dual {
  T value = 0;
  T slope[4] = {};

  constexpr Dual() = default;
  constexpr explicit Dual(T number) : value(number) {}
  template <class Other>
  constexpr explicit Dual(Other number) : value(static_cast<T>(number)) {}
  static constexpr Dual variable(T number, int which) {
    Dual x(number);
    x.slope[which] = T(1);
    return x;
  }
  // f(x) and its derivative there.
  constexpr Dual chained(T result, T derivative) const {
    Dual y(result);
    for (int i = 0; i < 4; ++i) y.slope[i] = derivative * slope[i];
    return y;
  }

  friend constexpr Dual operator+(const Dual& a, const Dual& b) { return mixed(a, b, a.value + b.value, T(1), T(1)); }
  friend constexpr Dual operator-(const Dual& a, const Dual& b) { return mixed(a, b, a.value - b.value, T(1), T(-1)); }
  friend constexpr Dual operator*(const Dual& a, const Dual& b) { return mixed(a, b, a.value * b.value, b.value, a.value); }
  friend constexpr Dual operator/(const Dual& a, const Dual& b) {
    const T quotient = a.value / b.value;
    return mixed(a, b, quotient, T(1) / b.value, -quotient / b.value);
  }
  friend constexpr Dual operator-(const Dual& a) { return a.chained(-a.value, T(-1)); }
  friend constexpr Dual exp(const Dual& a) {
    using std::exp;
    const T y = exp(a.value);
    return a.chained(y, y);
  }
  friend constexpr Dual atan2(const Dual& y, const Dual& x) {
    using std::atan2;
    const T square = x.value * x.value + y.value * y.value;
    return mixed(y, x, atan2(y.value, x.value), x.value / square, -y.value / square);
  }
  friend constexpr Dual larger(const Dual& a, const Dual& b) { return a.value >= b.value ? a : b; }
  friend constexpr Dual smaller(const Dual& a, const Dual& b) { return a.value <= b.value ? a : b; }

 private:
  static constexpr Dual mixed(const Dual& a, const Dual& b, T result, T by_a, T by_b) {
    Dual y(result);
    for (int i = 0; i < 4; ++i) y.slope[i] = by_a * a.slope[i] + by_b * b.slope[i];
    return y;
  }
};

constexpr float larger(float a, float b) { return a >= b ? a : b; }
constexpr float smaller(float a, float b) { return a <= b ? a : b; }
constexpr double larger(double a, double b) { return a >= b ? a : b; }
constexpr double smaller(double a, double b) { return a <= b ? a : b; }

}  // namespace lamina
