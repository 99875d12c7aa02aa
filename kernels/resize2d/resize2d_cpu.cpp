// SPDX-License-Identifier: Apache-2.0
// Resizing on the host: `rows` deals rows of the result to the threads and looks the columns up in a table that is made once
// per plan; the reference asks for each position anew, in f64.
#include <algorithm>
#include <vector>

#include "kernels/resize2d/resize2d_geometry.h"

namespace lamina {
namespace {

constexpr int64_t kElementsWorthAThread = 1 << 13;

struct RowsState {
  Resize2dGeometry geometry;
  std::vector<PixelPair> columns;  // of those that show the picture
};

// The pixel of the result whose neighbours are `across` in the rows that start at `upper` and `lower`.
template <class Real, class To, class From>
void interpolate_pixel(const PixelPair& down, const PixelPair& across, const From* upper, const From* lower, int64_t channels,
                       Real scale, To* to) {
  const From *a = upper + across.first * channels, *b = upper + across.second * channels;
  const From *c = lower + across.first * channels, *d = lower + across.second * channels;
  for (int64_t channel = 0; channel < channels; ++channel) {
    to[channel] = interpolated<To, Real>(down, across, a[channel], b[channel], c[channel], d[channel], scale);
  }
}

template <class To, class From>
void run_rows(KernelContext& context) {
  const auto& [g, columns] = context.state_as<RowsState>();
  const From* const x = context.inputs[0].as<From>();
  To* const y = context.outputs[0].as<To>();
  const int64_t line_elements = g.width * g.channels, lines = g.batch * g.height;
  const To fill = static_cast<To>(g.fill);
  const auto scale = static_cast<float>(g.scale);
#pragma omp parallel for schedule(static) if (lines * line_elements > kElementsWorthAThread)
  for (int64_t line = 0; line < lines; ++line) {
    To* const to = y + line * line_elements;
    const int64_t row = line % g.height;
    if (!g.rows.shows(row)) {
      std::fill_n(to, line_elements, fill);
      continue;
    }
    const PixelPair down = g.rows.pair_at(row);
    const From* const picture = x + line / g.height * g.rows.from * g.columns.from * g.channels;
    const From* const upper = picture + down.first * g.columns.from * g.channels;
    const From* const lower = picture + down.second * g.columns.from * g.channels;
    const int64_t behind = g.columns.begin + g.columns.to;
    std::fill_n(to, g.columns.begin * g.channels, fill);
    for (int64_t i = 0; i < g.columns.to; ++i) {
      To* const pixel = to + (g.columns.begin + i) * g.channels;
      interpolate_pixel(down, columns[static_cast<size_t>(i)], upper, lower, g.channels, scale, pixel);
    }
    std::fill_n(to + behind * g.channels, (g.width - behind) * g.channels, fill);
  }
}

template <class To, class From>
void run_reference(KernelContext& context) {
  const auto& g = context.state_as<Resize2dGeometry>();
  const From* const x = context.inputs[0].as<From>();
  To* to = context.outputs[0].as<To>();
  for (int64_t line = 0; line < g.batch * g.height; ++line) {
    const int64_t row = line % g.height, first_line = line / g.height * g.rows.from;
    for (int64_t column = 0; column < g.width; ++column, to += g.channels) {
      if (!g.rows.shows(row) || !g.columns.shows(column)) {
        std::fill_n(to, g.channels, static_cast<To>(g.fill));
        continue;
      }
      const PixelPair down = g.rows.pair_at(row);
      const From* const upper = x + (first_line + down.first) * g.columns.from * g.channels;
      const From* const lower = x + (first_line + down.second) * g.columns.from * g.channels;
      interpolate_pixel(down, g.columns.pair_at(column), upper, lower, g.channels, g.scale, to);
    }
  }
}

void launch_rows(KernelContext& context) {
  if (context.outputs[0].dtype == DType::u8) return run_rows<uint8_t, uint8_t>(context);
  if (context.inputs[0].dtype == DType::u8) return run_rows<float, uint8_t>(context);
  run_rows<float, float>(context);
}

void launch_reference(KernelContext& context) {
  if (context.inputs[0].dtype == DType::f64) return run_reference<double, double>(context);
  if (context.outputs[0].dtype == DType::u8) return run_reference<uint8_t, uint8_t>(context);
  if (context.inputs[0].dtype == DType::u8) return run_reference<float, uint8_t>(context);
  run_reference<float, float>(context);
}

Verdict accepts_rows(const KernelQuery& query) {
  if (query.in(0) == DType::f64) return Verdict::no("f64 is the reference's");
  return Verdict::yes();
}
Verdict accepts_reference(const KernelQuery&) { return Verdict::yes(); }

Prepared prepare_rows(const KernelQuery& query) {
  auto state = std::make_shared<RowsState>(RowsState{resize2d_geometry(query), {}});
  const ResizeAxis& columns = state->geometry.columns;
  for (int64_t i = 0; i < columns.to; ++i) state->columns.push_back(columns.pair_at(columns.begin + i));
  return {.state = std::move(state)};
}
Prepared prepare_reference(const KernelQuery& query) {
  return {.state = std::make_shared<Resize2dGeometry>(resize2d_geometry(query))};
}

}  // namespace

namespace cpu {

std::span<const KernelImpl> resize2d_impls() {
  static const KernelImpl impls[] = {
      {"resize2d", DeviceKind::cpu, "rows", accepts_rows, prepare_rows, launch_rows},
      {"resize2d", DeviceKind::cpu, "reference", accepts_reference, prepare_reference, launch_reference},
  };
  return impls;
}

}  // namespace cpu
}  // namespace lamina
