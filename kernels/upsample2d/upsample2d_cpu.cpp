// SPDX-License-Identifier: Apache-2.0
// Upsampling on the host: the strided copy, whose runs of channels are copied as a whole, and its reference. The gradient:
// `lines` deals the lines of dx to the threads and adds up runs of channels; the reference takes one element at a time.
#include <algorithm>

#include "kernels/copies/coordinates.h"
#include "kernels/upsample2d/upsample2d.h"
#include "kernels/upsample2d/upsample2d_geometry.h"

namespace lamina {

UpsampleGeometry upsample_geometry(const Attributes& attributes, const Extents& x) {
  const auto& [rows, columns, shape] = attributes.get<Upsample2dAttributes>();
  return {x[0] * x[1], x[2], x[3], rows, columns};
}

StridedCopy upsample_copy(const KernelQuery& query) {
  const UpsampleGeometry g = upsample_geometry(query.attributes, query.in_extents(0));
  StridedCopy copy;
  copy.element_bytes = static_cast<int32_t>(size_of(query.in(0)));
  copy.add_axis(g.lines, g.width * g.channels, g.rows * g.y_line());
  copy.add_axis(g.rows, 0, g.y_line());
  copy.add_axis(g.width, g.channels, g.columns * g.channels);
  copy.add_axis(g.columns, 0, g.channels);
  copy.add_axis(g.channels, 1, 1);
  return copy;
}

namespace {

constexpr int64_t kElementsWorthAThread = 1 << 14;
constexpr int64_t kRun = 64;  // channels whose sums are kept at once: a few vector registers, or a line of the first cache

Prepared prepare_strided(const KernelQuery& query) { return {.state = std::make_shared<StridedCopy>(upsample_copy(query))}; }

Verdict accepts_all(const KernelQuery&) { return Verdict::yes(); }

void launch_reference(KernelContext& context) {
  const TensorView &x = context.inputs[0], &y = context.outputs[0];
  const auto& [rows, columns, shape] = context.attributes.get<Upsample2dAttributes>();
  with_type(x.dtype, [&]<class T>(T) {
    for_each_place(y.extents, [&](Extents place, int64_t index) {
      place[1] /= rows;
      place[2] /= columns;
      y.as<T>()[index] = x.as<T>()[index_of(place, x.extents)];
    });
  });
}

// The sums of up to kRun channels over one block of dy, which starts at `block`.
template <class T>
void sum_block(const UpsampleGeometry& g, const T* block, int64_t channels, T* to) {
  float sums[kRun] = {};
  for (int64_t row = 0; row < g.rows; ++row) {
    for (int64_t column = 0; column < g.columns; ++column) {
      const T* const from = block + row * g.y_line() + column * g.channels;
      for (int64_t channel = 0; channel < channels; ++channel) sums[channel] += convert<float>(from[channel]);
    }
  }
  for (int64_t channel = 0; channel < channels; ++channel) to[channel] = convert<T>(sums[channel]);
}

template <class T>
void sum_lines(const UpsampleGeometry& g, const T* dy, T* dx) {
#pragma omp parallel for schedule(static) if (g.count() * g.rows * g.columns > kElementsWorthAThread)
  for (int64_t line = 0; line < g.lines; ++line) {
    for (int64_t column = 0; column < g.width; ++column) {
      for (int64_t channel = 0; channel < g.channels; channel += kRun) {
        sum_block(g, dy + line * g.rows * g.y_line() + column * g.columns * g.channels + channel,
                  std::min(kRun, g.channels - channel), dx + (line * g.width + column) * g.channels + channel);
      }
    }
  }
}

Verdict accepts_lines(const KernelQuery& query) {
  return query.in(0) == DType::f64 ? Verdict::no("f64 is the reference's") : Verdict::yes();
}

void launch_lines(KernelContext& context) {
  const UpsampleGeometry g = upsample_geometry(context.attributes, context.outputs[0].extents);
  switch (context.inputs[0].dtype) {
    case DType::bf16: return sum_lines(g, context.inputs[0].as<bf16>(), context.outputs[0].as<bf16>());
    case DType::f16: return sum_lines(g, context.inputs[0].as<f16>(), context.outputs[0].as<f16>());
    default: return sum_lines(g, context.inputs[0].as<float>(), context.outputs[0].as<float>());
  }
}

void launch_grad_reference(KernelContext& context) {
  const TensorView &dy = context.inputs[0], &dx = context.outputs[0];
  const auto& [rows, columns, shape] = context.attributes.get<Upsample2dAttributes>();
  with_type(dy.dtype, [&]<class T>(T) {
    for_each_place(dx.extents, [&](const Extents& place, int64_t index) {
      double sum = 0;
      for (int64_t row = 0; row < rows; ++row) {
        for (int64_t column = 0; column < columns; ++column) {
          const Extents from = {place[0], place[1] * rows + row, place[2] * columns + column, place[3]};
          sum += convert<double>(dy.as<T>()[index_of(from, dy.extents)]);
        }
      }
      dx.as<T>()[index] = convert<T>(sum);
    });
  });
}

}  // namespace

namespace cpu {

std::span<const KernelImpl> upsample2d_impls() {
  static const KernelImpl impls[] = {
      {"upsample2d", DeviceKind::cpu, "strided", accepts_moving, prepare_strided, launch_copy},
      {"upsample2d", DeviceKind::cpu, "reference", accepts_all, nullptr, launch_reference},
      {"upsample2d_grad", DeviceKind::cpu, "lines", accepts_lines, nullptr, launch_lines},
      {"upsample2d_grad", DeviceKind::cpu, "reference", accepts_all, nullptr, launch_grad_reference},
  };
  return impls;
}

}  // namespace cpu
}  // namespace lamina
