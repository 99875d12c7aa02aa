// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv2d/conv2d_product.h"

#include <algorithm>

#include "core/base/check.h"

namespace lamina {

Verdict accepts_conv2d_product(Conv2dPass pass, const KernelQuery& query) {
  if (query.in(0) == DType::f64) return Verdict::no("f64 is for the reference on cpu");
  const Conv2dGeometry g = conv2d_geometry(pass, query);
  const int64_t reach = std::max(g.rows.in + g.rows.before + g.rows.behind, g.columns.in + g.columns.before + g.columns.behind);
  // A tile may count past the end by less than 2^16.
  constexpr int64_t kMost = Divisor::kLimit - (1 << 16);
  if (std::max({g.x_count(), g.y_count(), g.w_count(), reach}) >= kMost) return Verdict::no("a tensor of 2^31 elements or more");
  return Verdict::yes();
}

Conv2dProduct conv2d_product(Conv2dPass pass, const Conv2dGeometry& g) {
  const auto count = [](int64_t a, int64_t b, int64_t c) { return static_cast<int>(a * b * c); };
  const auto divisor = [](int64_t value) { return Divisor(std::max<int64_t>(value, 1)); };
  const int places = count(g.batch, g.rows.out, g.columns.out), pixels = count(g.batch, g.rows.in, g.columns.in);
  const int taps_in = count(g.rows.size, g.columns.size, g.channels_in), taps_out = count(g.rows.size, g.columns.size, g.channels_out);
  Conv2dProduct product;
  product.channels_in = static_cast<int>(g.channels_in);
  product.channels_out = static_cast<int>(g.channels_out);
  product.rows = g.rows;
  product.columns = g.columns;
  product.m = pass == Conv2dPass::forward ? places : pass == Conv2dPass::dgrad ? pixels : taps_in;
  product.n = pass == Conv2dPass::dgrad ? product.channels_in : product.channels_out;
  product.k = pass == Conv2dPass::forward ? taps_in : pass == Conv2dPass::dgrad ? taps_out : places;
  product.by_channels = divisor(pass == Conv2dPass::dgrad ? g.channels_out : g.channels_in);
  product.by_window_columns = divisor(g.columns.size);
  product.by_row_stride = divisor(g.rows.stride);
  product.by_column_stride = divisor(g.columns.stride);
  product.by_image_columns = divisor(pass == Conv2dPass::dgrad ? g.columns.in : g.columns.out);
  product.by_image_rows = divisor(pass == Conv2dPass::dgrad ? g.rows.in : g.rows.out);
  return product;
}

}  // namespace lamina
