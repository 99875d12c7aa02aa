// SPDX-License-Identifier: Apache-2.0
// The three convolutions as plain loops: each element of the result is one sum, over the taps that reach it.
#include <type_traits>

#include "kernels/conv2d/conv2d_cpu.h"
#include "kernels/conv2d/conv2d_geometry.h"

namespace lamina {
namespace {

// fn(tap, element) for the taps of place `place` that lie on elements.
template <class Fn>
void for_taps(const WindowAxis& axis, int64_t place, Fn&& fn) {
  for (int64_t tap = 0; tap < axis.size; ++tap) {
    const int64_t element = place * axis.stride - axis.before + tap * axis.dilation;
    if (element >= 0 && element < axis.in) fn(tap, element);
  }
}

// fn(tap, place) for the places whose tap lies on `element`.
template <class Fn>
void for_places(const WindowAxis& axis, int64_t element, Fn&& fn) {
  for (int64_t tap = 0; tap < axis.size; ++tap) {
    const int64_t from_first = element + axis.before - tap * axis.dilation;
    if (from_first >= 0 && from_first % axis.stride == 0 && from_first / axis.stride < axis.out) fn(tap, from_first / axis.stride);
  }
}

int64_t x_at(const Conv2dGeometry& g, int64_t n, int64_t row, int64_t column, int64_t c) {
  return ((n * g.rows.in + row) * g.columns.in + column) * g.channels_in + c;
}
int64_t y_at(const Conv2dGeometry& g, int64_t n, int64_t row, int64_t column, int64_t o) {
  return ((n * g.rows.out + row) * g.columns.out + column) * g.channels_out + o;
}
int64_t w_at(const Conv2dGeometry& g, int64_t i, int64_t j, int64_t c, int64_t o) {
  return ((i * g.columns.size + j) * g.channels_in + c) * g.channels_out + o;
}

// y's element at `at`, of channel `o`, from its sum. Vector is the type of scale and shift, Y that of y.
template <class Vector, class Y>
struct ReferenceEpilogue {
  const Vector* scale = nullptr;
  const Vector* shift = nullptr;
  const Y* residual = nullptr;
  double slope = 1;

  ReferenceEpilogue(const KernelContext& context, const Epilogue& epilogue) : slope(epilogue.slope) {
    const EpiloguePlaces at = epilogue_places(epilogue, 2);
    if (epilogue.scale) scale = context.inputs[at.scale].as<Vector>();
    if (epilogue.shift) shift = context.inputs[at.shift].as<Vector>();
    if (epilogue.residual) residual = context.inputs[at.residual].as<Y>();
  }

  template <class Sum>
  Y operator()(Sum sum, int64_t o, int64_t at) const {
    if (scale) sum *= scale[o];
    if (shift) sum += shift[o];
    if (sum < 0 && slope != 1) sum = slope == 0 ? Sum(0) : sum * static_cast<Sum>(slope);
    if (residual) sum += convert<Sum>(residual[at]);
    return convert<Y>(sum);
  }
};

template <class T, class Sum, class Y, class Finish>
void forward(const Conv2dGeometry& g, const T* x, const T* w, Y* y, const Finish& finish) {
  for (int64_t n = 0; n < g.batch; ++n) {
    for (int64_t p = 0; p < g.rows.out; ++p) {
      for (int64_t q = 0; q < g.columns.out; ++q) {
        for (int64_t o = 0; o < g.channels_out; ++o) {
          Sum sum = 0;
          for_taps(g.rows, p, [&](int64_t i, int64_t row) {
            for_taps(g.columns, q, [&](int64_t j, int64_t column) {
              for (int64_t c = 0; c < g.channels_in; ++c) {
                sum += convert<Sum>(x[x_at(g, n, row, column, c)]) * convert<Sum>(w[w_at(g, i, j, c, o)]);
              }
            });
          });
          const int64_t at = y_at(g, n, p, q, o);
          y[at] = finish(sum, o, at);
        }
      }
    }
  }
}

template <class T, class Sum>
void dgrad(const Conv2dGeometry& g, const T* dy, const T* w, T* dx) {
  for (int64_t n = 0; n < g.batch; ++n) {
    for (int64_t row = 0; row < g.rows.in; ++row) {
      for (int64_t column = 0; column < g.columns.in; ++column) {
        for (int64_t c = 0; c < g.channels_in; ++c) {
          Sum sum = 0;
          for_places(g.rows, row, [&](int64_t i, int64_t p) {
            for_places(g.columns, column, [&](int64_t j, int64_t q) {
              for (int64_t o = 0; o < g.channels_out; ++o) {
                sum += convert<Sum>(dy[y_at(g, n, p, q, o)]) * convert<Sum>(w[w_at(g, i, j, c, o)]);
              }
            });
          });
          dx[x_at(g, n, row, column, c)] = convert<T>(sum);
        }
      }
    }
  }
}

template <class T, class Sum>
void wgrad(const Conv2dGeometry& g, const T* x, const T* dy, T* dw) {
  for (int64_t i = 0; i < g.rows.size; ++i) {
    for (int64_t j = 0; j < g.columns.size; ++j) {
      for (int64_t c = 0; c < g.channels_in; ++c) {
        for (int64_t o = 0; o < g.channels_out; ++o) {
          Sum sum = 0;
          for (int64_t n = 0; n < g.batch; ++n) {
            for (int64_t p = 0; p < g.rows.out; ++p) {
              const int64_t row = p * g.rows.stride - g.rows.before + i * g.rows.dilation;
              if (row < 0 || row >= g.rows.in) continue;
              for (int64_t q = 0; q < g.columns.out; ++q) {
                const int64_t column = q * g.columns.stride - g.columns.before + j * g.columns.dilation;
                if (column < 0 || column >= g.columns.in) continue;
                sum += convert<Sum>(x[x_at(g, n, row, column, c)]) * convert<Sum>(dy[y_at(g, n, p, q, o)]);
              }
            }
          }
          dw[w_at(g, i, j, c, o)] = convert<T>(sum);
        }
      }
    }
  }
}

template <Conv2dPass kPass, class T, class Sum>
void run(KernelContext& context) {
  const auto& g = context.state_as<Conv2dGeometry>();
  const T *const a = context.inputs[0].as<T>(), *const b = context.inputs[1].as<T>();
  if constexpr (kPass == Conv2dPass::dgrad) dgrad<T, Sum>(g, a, b, context.outputs[0].as<T>());
  if constexpr (kPass == Conv2dPass::wgrad) wgrad<T, Sum>(g, a, b, context.outputs[0].as<T>());
  if constexpr (kPass == Conv2dPass::forward) {
    using Vector = std::conditional_t<std::is_same_v<T, double>, double, float>;
    const Epilogue& epilogue = context.attributes.get<Conv2dAttributes>().epilogue;
    if (context.outputs[0].dtype == DType::f32) {
      forward<T, Sum>(g, a, b, context.outputs[0].as<float>(), ReferenceEpilogue<Vector, float>(context, epilogue));
    } else {
      forward<T, Sum>(g, a, b, context.outputs[0].as<T>(), ReferenceEpilogue<Vector, T>(context, epilogue));
    }
  }
}

template <Conv2dPass kPass>
void launch(KernelContext& context) {
  switch (context.inputs[0].dtype) {
    case DType::f64: return run<kPass, double, double>(context);
    case DType::bf16: return run<kPass, bf16, float>(context);
    case DType::f16: return run<kPass, f16, float>(context);
    default: return run<kPass, float, double>(context);
  }
}

Verdict accepts(const KernelQuery&) { return Verdict::yes(); }

template <Conv2dPass kPass>
Prepared prepare(const KernelQuery& query) {
  return {.state = std::make_shared<Conv2dGeometry>(conv2d_geometry(kPass, query))};
}

template <Conv2dPass kPass>
KernelImpl impl_of(const char* op) {
  return {op, DeviceKind::cpu, "reference", accepts, prepare<kPass>, launch<kPass>};
}

}  // namespace

namespace cpu {

std::array<KernelImpl, 3> conv2d_reference() {
  return {impl_of<Conv2dPass::forward>("conv2d"), impl_of<Conv2dPass::dgrad>("conv2d_dgrad"),
          impl_of<Conv2dPass::wgrad>("conv2d_wgrad")};
}

}  // namespace cpu
}  // namespace lamina
