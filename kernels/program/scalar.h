// SPDX-License-Identifier: Apache-2.0
// The scalar functions of core/graph/scalar_functions.def as code: evaluate<function>(a, b, c) for one function, and
// evaluate(function, a, b, c) that chooses at run time. constexpr, so that kernels of both compilers take it too.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "core/graph/program.h"

namespace lamina {

// Which functions exist for whole numbers: the rest is never asked for by the graph.
constexpr bool takes_integers(ScalarFunction function) {
  switch (function) {
#define SCALAR_FUNCTION(name, arity, domain, value, ga, gb, gc) \
  case ScalarFunction::name: return ScalarDomain::domain != ScalarDomain::real;
#include "core/graph/scalar_functions.def"
#undef SCALAR_FUNCTION
  }
  return false;
}

// <cmath> for float and double; a number type of our own brings its functions along (kernels/lstm/fast_float.h).
#define M(function) function
template <ScalarFunction kFunction, class T>
constexpr T evaluate([[maybe_unused]] T a, [[maybe_unused]] T b, [[maybe_unused]] T c) {
  using std::cos, std::erf, std::exp, std::expm1, std::fabs, std::floor, std::fmax, std::fmin, std::log, std::log1p;
  using std::pow, std::rint, std::sin, std::sqrt, std::tanh;
  if constexpr (std::is_integral_v<T> && !takes_integers(kFunction)) {
    return T{};
  }
#define SCALAR_FUNCTION(name, arity, domain, value, ga, gb, gc)                                   \
  else if constexpr (kFunction == ScalarFunction::name) {                                         \
    return static_cast<T>(value);                                                                 \
  }
#include "core/graph/scalar_functions.def"
#undef SCALAR_FUNCTION
}
#undef M

template <class T>
constexpr T evaluate(ScalarFunction function, T a, T b, T c) {
  switch (function) {
#define SCALAR_FUNCTION(name, arity, domain, value, ga, gb, gc) \
  case ScalarFunction::name: return evaluate<ScalarFunction::name, T>(a, b, c);
#include "core/graph/scalar_functions.def"
#undef SCALAR_FUNCTION
  }
  return T{};
}

}  // namespace lamina
