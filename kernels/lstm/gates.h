// SPDX-License-Identifier: Apache-2.0
// The arithmetic of one unit in one step, forward and backward, for every implementation on every device. Formulas of
// the functions themselves stand in scalar_functions.def; here are their slopes in terms of their results, so that
// backward needs no pre-activations. constexpr, so that kernels of both compilers take it too.
#pragma once

#include "kernels/program/scalar.h"

namespace lamina {

// What may stand at a gate: functions whose slope follows from their result.
#define LAMINA_GATE_FUNCTIONS(ROW) \
  ROW(tanh) ROW(sigmoid) ROW(hard_sigmoid) ROW(hard_sigmoid_k2) ROW(relu) ROW(softplus) ROW(copy)

constexpr bool is_gate_function(ScalarFunction function) {
#define LAMINA_ROW(name) function == ScalarFunction::name ||
  return LAMINA_GATE_FUNCTIONS(LAMINA_ROW) false;
#undef LAMINA_ROW
}

template <ScalarFunction kFunction, class T>
constexpr T gate_value(T z) {
  return evaluate<kFunction, T>(z, T(0), T(0));
}

template <ScalarFunction kFunction, class T>
constexpr T gate_slope(T y) {
  static_assert(is_gate_function(kFunction));
  if constexpr (kFunction == ScalarFunction::tanh) return T(1) - y * y;
  if constexpr (kFunction == ScalarFunction::sigmoid) return y * (T(1) - y);
  if constexpr (kFunction == ScalarFunction::hard_sigmoid) return y > T(0) && y < T(1) ? T(1) / T(6) : T(0);
  if constexpr (kFunction == ScalarFunction::hard_sigmoid_k2) return y > T(0) && y < T(1) ? T(0.2) : T(0);
  if constexpr (kFunction == ScalarFunction::relu) return y > T(0) ? T(1) : T(0);
  if constexpr (kFunction == ScalarFunction::softplus) return -evaluate<ScalarFunction::expm1, T>(-y, T(0), T(0));
  return T(1);  // copy
}

template <class T>
constexpr T gate_value(ScalarFunction function, T z) {
  switch (function) {
#define LAMINA_ROW(name)     \
  case ScalarFunction::name: \
    return gate_value<ScalarFunction::name, T>(z);
    LAMINA_GATE_FUNCTIONS(LAMINA_ROW)
#undef LAMINA_ROW
    default:
      return z;
  }
}

template <class T>
constexpr T gate_slope(ScalarFunction function, T y) {
  switch (function) {
#define LAMINA_ROW(name)     \
  case ScalarFunction::name: \
    return gate_slope<ScalarFunction::name, T>(y);
    LAMINA_GATE_FUNCTIONS(LAMINA_ROW)
#undef LAMINA_ROW
    default:
      return T(1);
  }
}

// The four gates of a unit, or what belongs to each: pre-activations, gradients.
template <class T>
struct Gates {
  T i, f, g, o;
};

template <class T>
constexpr T next_cell(const Gates<T>& gates, T cell_before) {
  return gates.f * cell_before + gates.i * gates.g;
}

template <class T>
struct UnitGradient {
  Gates<T> gates;  // of the activated gates: still to be multiplied by their slopes
  T cell_before;
};

// `active` is activation(c'), `slope` its slope there; dh and dc arrive at h' and c'.
template <class T>
constexpr UnitGradient<T> unit_gradient(const Gates<T>& gates, T cell_before, T active, T slope, T dh, T dc) {
  const T cell = dc + dh * gates.o * slope;
  return {{cell * gates.g, cell * cell_before, cell * gates.i, dh * active}, cell * gates.f};
}

}  // namespace lamina
