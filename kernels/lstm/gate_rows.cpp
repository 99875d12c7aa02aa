// SPDX-License-Identifier: Apache-2.0
// Compiled with -fno-trapping-math (kernels/CMakeLists.txt): the selections in FastFloat vectorise only if a comparison
// may be made although its branch is not taken.
#include "kernels/lstm/gate_rows.h"

#include <algorithm>

#include "kernels/lstm/fast_float.h"
#include "kernels/lstm/gates.h"
#include "kernels/program/vector_widths.h"

namespace lamina {
namespace {

// Applies the function of a ScalarFunction's row, which is chosen once per loop and not per element.
template <class Loop>
LAMINA_INLINED inline void with_function(ScalarFunction function, Loop loop) {
  switch (function) {
#define LAMINA_ROW(name)     \
  case ScalarFunction::name: \
    return loop.template operator()<ScalarFunction::name>();
    LAMINA_GATE_FUNCTIONS(LAMINA_ROW)
#undef LAMINA_ROW
    default:
      return;
  }
}

// The loops below run in place or on disjoint rows; ivdep tells the compiler so.
LAMINA_INLINED inline void apply(ScalarFunction function, float* y, int64_t count) {
  with_function(function, [=]<ScalarFunction kFunction>() LAMINA_INLINED {
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) y[i] = gate_value<kFunction>(FastFloat(y[i])).value;
  });
}

LAMINA_INLINED inline void multiply_by_slope(ScalarFunction function, float* d, const float* y, int64_t count) {
  with_function(function, [=]<ScalarFunction kFunction>() LAMINA_INLINED {
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) d[i] *= gate_slope<kFunction>(FastFloat(y[i])).value;
  });
}

LAMINA_INLINED inline ScalarFunction function_of(const LstmRule& rule, int gate) {  // of i, f, g, o
  return gate == 2 ? rule.activation : rule.recurrent_activation;
}

}  // namespace

LAMINA_VECTOR_WIDTHS
void gate_row_forward(const LstmRule& rule, int64_t units, float* gates, const float* bias, float* cell,
                      float* hidden) {
  float *const i = gates, *const f = gates + units, *const g = gates + 2 * units, *const o = gates + 3 * units;
  if (bias) {
#pragma GCC ivdep
    for (int64_t column = 0; column < 4 * units; ++column) gates[column] += bias[column];
  }
  for (int gate = 0; gate < 4; ++gate) apply(function_of(rule, gate), gates + gate * units, units);
#pragma GCC ivdep
  for (int64_t u = 0; u < units; ++u) hidden[u] = cell[u] = next_cell<float>({i[u], f[u], g[u], o[u]}, cell[u]);
  apply(rule.activation, hidden, units);
#pragma GCC ivdep
  for (int64_t u = 0; u < units; ++u) hidden[u] *= o[u];
}

LAMINA_VECTOR_WIDTHS
void gate_row_backward(const LstmRule& rule, int64_t units, const float* gates, const float* cell_before,
                       const float* dh, float* dc, float* dz) {
  constexpr int64_t kBlock = 128;
  float active[kBlock], slope[kBlock];
  for (int64_t first = 0; first < units; first += kBlock) {
    const int64_t count = std::min(kBlock, units - first);
    const float *const i = gates + first, *const f = i + units, *const g = f + units, *const o = g + units;
    float *const di = dz + first, *const df = di + units, *const dg = df + units, *const dout = dg + units;
    const float *const before = cell_before + first, *const dh_block = dh + first;
    float* const dc_block = dc + first;
#pragma GCC ivdep
    for (int64_t u = 0; u < count; ++u) active[u] = next_cell<float>({i[u], f[u], g[u], o[u]}, before[u]);
    apply(rule.activation, active, count);
    std::fill(slope, slope + count, 1.0f);
    multiply_by_slope(rule.activation, slope, active, count);
#pragma GCC ivdep
    for (int64_t u = 0; u < count; ++u) {
      const UnitGradient<float> d =
          unit_gradient<float>({i[u], f[u], g[u], o[u]}, before[u], active[u], slope[u], dh_block[u], dc_block[u]);
      di[u] = d.gates.i, df[u] = d.gates.f, dg[u] = d.gates.g, dout[u] = d.gates.o;
      dc_block[u] = d.cell_before;
    }
  }
  for (int gate = 0; gate < 4; ++gate) {
    multiply_by_slope(function_of(rule, gate), dz + gate * units, gates + gate * units, units);
  }
}

}  // namespace lamina
