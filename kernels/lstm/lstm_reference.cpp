// SPDX-License-Identifier: Apache-2.0
// The plain loops, row by row and step by step, in f32 (sums in f64) and f64: what every other implementation is held
// to.
#include <vector>

#include "kernels/lstm/gates.h"
#include "kernels/lstm/lstm_arguments.h"
#include "kernels/lstm/lstm_cpu.h"

namespace lamina {
namespace {

template <class T>
double product(T a, T b) {
  return static_cast<double>(a) * static_cast<double>(b);
}

// The four pre-activations of one unit: x_t W + (h r) R + b, in the columns of the unit.
template <class T>
Gates<T> pre_activations(const LstmForward<T>& a, int64_t row, int64_t time, int64_t unit, const std::vector<T>& fed) {
  const LstmShape& s = a.shape;
  const int64_t columns = 4 * s.units;
  const T* const x = a.x + (row * s.steps + time) * s.features;
  T z[4];
  for (int gate = 0; gate < 4; ++gate) {
    const int64_t column = gate * s.units + unit;
    double sum = a.bias ? static_cast<double>(a.bias[column]) : 0.0;
    for (int64_t k = 0; k < s.features; ++k) sum += product(x[k], a.kernel[k * columns + column]);
    for (int64_t k = 0; k < s.units; ++k)
      sum += product(fed[static_cast<size_t>(k)], a.recurrent[k * columns + column]);
    z[gate] = static_cast<T>(sum);
  }
  return {z[0], z[1], z[2], z[3]};
}

template <class T>
Gates<T> activated(const LstmRule& rule, const Gates<T>& z) {
  return {gate_value(rule.recurrent_activation, z.i), gate_value(rule.recurrent_activation, z.f),
          gate_value(rule.activation, z.g), gate_value(rule.recurrent_activation, z.o)};
}

template <class T>
void run_row(const LstmForward<T>& a, int64_t row) {
  const LstmShape& s = a.shape;
  const auto n = static_cast<size_t>(s.units);
  std::vector<T> h(n, T(0)), c(n, T(0)), fed(n), output(n, T(0));
  for (size_t u = 0; a.h0 && u < n; ++u) {
    h[u] = a.h0[row * s.units + static_cast<int64_t>(u)];
    c[u] = a.c0[row * s.units + static_cast<int64_t>(u)];
  }
  for (int64_t step = 0; step < s.steps; ++step) {
    const int64_t time = s.time_of(step), at = (row * s.steps + time) * s.units;
    const bool masked = a.mask && !a.mask[row * s.steps + time];
    fed = h;
    for (size_t u = 0; a.recurrent_dropout && u < n; ++u) {
      fed[u] *= a.recurrent_dropout[row * s.units + static_cast<int64_t>(u)];
    }
    for (size_t u = 0; u < n; ++u) {
      const auto unit = static_cast<int64_t>(u);
      Gates<T> gates{};
      if (!masked) gates = activated(a.rule, pre_activations(a, row, time, unit, fed));
      if (a.gates) {
        T* const to = a.gates + 4 * at + unit;
        to[0] = gates.i, to[s.units] = gates.f, to[2 * s.units] = gates.g, to[3 * s.units] = gates.o;
        a.cell_before[at + unit] = c[u];
        a.hidden_before[at + unit] = fed[u];
      }
      if (!masked) {
        c[u] = next_cell(gates, c[u]);
        output[u] = h[u] = gates.o * gate_value(a.rule.activation, c[u]);
      } else if (a.rule.zero_output_for_mask) {
        output[u] = T(0);
      }
      a.sequence[(row * s.steps + step) * s.units + unit] = output[u];
    }
  }
  for (size_t u = 0; u < n; ++u) {
    const int64_t at = row * s.units + static_cast<int64_t>(u);
    a.h[at] = h[u], a.c[at] = c[u];
    if (a.last) a.last[at] = output[u];
  }
}

template <class T>
void run_row_backward(const LstmBackward<T>& a, int64_t row) {
  const LstmShape& s = a.shape;
  const auto n = static_cast<size_t>(s.units);
  // What arrives at h and c after the step, and at the output of the step before through masked steps.
  std::vector<T> dh(n, T(0)), dc(n, T(0)), doutput(n, T(0));
  for (size_t u = 0; u < n; ++u) {
    const int64_t at = row * s.units + static_cast<int64_t>(u);
    if (a.dh) dh[u] = a.dh[at];
    if (a.dc) dc[u] = a.dc[at];
    if (a.dlast) doutput[u] = a.dlast[at];
  }
  for (int64_t step = s.steps - 1; step >= 0; --step) {
    const int64_t time = s.time_of(step), at = (row * s.steps + time) * s.units;
    const bool masked = a.mask && !a.mask[row * s.steps + time];
    T* const dz = a.dz + 4 * at;
    for (size_t u = 0; u < n; ++u) {
      const auto unit = static_cast<int64_t>(u);
      if (a.dsequence) doutput[u] += a.dsequence[(row * s.steps + step) * s.units + unit];
      Gates<T> gradient{};
      if (masked) {
        if (a.rule.zero_output_for_mask) doutput[u] = T(0);
      } else {
        const T* const from = a.gates + 4 * at + unit;
        const Gates<T> gates{from[0], from[s.units], from[2 * s.units], from[3 * s.units]};
        const T before = a.cell_before[at + unit];
        const T active = gate_value(a.rule.activation, next_cell(gates, before));
        const T slope = gate_slope(a.rule.activation, active);
        const UnitGradient<T> d = unit_gradient(gates, before, active, slope, dh[u] + doutput[u], dc[u]);
        gradient = {d.gates.i * gate_slope(a.rule.recurrent_activation, gates.i),
                    d.gates.f * gate_slope(a.rule.recurrent_activation, gates.f),
                    d.gates.g * gate_slope(a.rule.activation, gates.g),
                    d.gates.o * gate_slope(a.rule.recurrent_activation, gates.o)};
        dc[u] = d.cell_before;
        doutput[u] = T(0);
      }
      dz[unit] = gradient.i, dz[s.units + unit] = gradient.f;
      dz[2 * s.units + unit] = gradient.g, dz[3 * s.units + unit] = gradient.o;
    }
    if (masked) continue;
    for (size_t u = 0; u < n; ++u) {
      const auto unit = static_cast<int64_t>(u);
      double sum = 0;
      for (int64_t k = 0; k < 4 * s.units; ++k) sum += product(dz[k], a.recurrent[unit * 4 * s.units + k]);
      dh[u] = static_cast<T>(sum) * (a.recurrent_dropout ? a.recurrent_dropout[row * s.units + unit] : T(1));
    }
  }
  for (size_t u = 0; a.dh0 && u < n; ++u) {
    a.dh0[row * s.units + static_cast<int64_t>(u)] = dh[u];
    a.dc0[row * s.units + static_cast<int64_t>(u)] = dc[u];
  }
}

Verdict accepts_anything(const KernelQuery&) { return Verdict::yes(); }

template <class T>
void run(KernelContext& context) {
  const LstmForward<T> arguments = lstm_forward_of<T>(context);
  for (int64_t row = 0; row < arguments.shape.batch; ++row) run_row(arguments, row);
}

template <class T>
void run_backward(KernelContext& context) {
  const LstmBackward<T> arguments = lstm_backward_of<T>(context);
  for (int64_t row = 0; row < arguments.shape.batch; ++row) run_row_backward(arguments, row);
}

void launch(KernelContext& context) {
  context.inputs[0].dtype == DType::f64 ? run<double>(context) : run<float>(context);
}

void launch_backward(KernelContext& context) {
  context.inputs[0].dtype == DType::f64 ? run_backward<double>(context) : run_backward<float>(context);
}

}  // namespace

KernelImpl cpu::lstm_reference() { return {"lstm", DeviceKind::cpu, "reference", accepts_anything, nullptr, launch}; }

KernelImpl cpu::lstm_backward_reference() {
  return {"lstm_backward", DeviceKind::cpu, "reference", accepts_anything, nullptr, launch_backward};
}

}  // namespace lamina
