// SPDX-License-Identifier: Apache-2.0
// Batch normalisation on the host. `channels` deals rows to the threads; each adds up its columns in f32 over a block of rows
// and in double over the blocks, and the threads' sums are added in order: equal bit by bit for a number of threads. Two passes
// over x forward, two over x and dy backward. Bound by memory.
#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kernels/batch_norm/batch_norm.h"
#include "kernels/batch_norm/batch_norm_cpu.h"
#include "kernels/batch_norm/batch_norm_rows.h"

namespace lamina {
namespace {

constexpr int64_t kWideEnough = 512;             // columns: the loops' overhead is then small
constexpr int64_t kRowsInBlock = 64;             // that are added up in f32
constexpr int64_t kRowsOfCenter = 8;             // whose mean is near enough to the mean of all
constexpr int64_t kElementsWorthAThread = 1 << 14;

struct Channels {
  BatchNormRows rows;
  int64_t parts = 1;  // of the rows, one per thread
};

// What the launches work with, cut out of the memory that prepare() asked for.
struct Workspace {
  double* totals;  // [parts][2][width]
  float* block;    // [parts][2][width]
  float* columns;  // [5][width]: center, scale, shift, factor, offset
  static size_t bytes(const Channels& c) {
    const size_t of_parts = static_cast<size_t>(c.parts) * 2 * (sizeof(double) + sizeof(float));
    return static_cast<size_t>(c.rows.width) * (of_parts + 5 * sizeof(float));
  }
  Workspace(const Channels& c, void* memory)
      : totals(static_cast<double*>(memory)),
        block(reinterpret_cast<float*>(totals + c.parts * 2 * c.rows.width)),
        columns(block + c.parts * 2 * c.rows.width) {}
};

BatchNormRows rows_of(const Extents& x) {
  const int64_t channels = x[x.rank() - 1], elements = x.count();
  if (elements == 0) return {channels, 0, 0};
  return {channels, std::min((kWideEnough + channels - 1) / channels * channels, elements), elements};
}

template <size_t kX>
Prepared prepare(const KernelQuery& query) {
  auto state = std::make_shared<Channels>();
  state->rows = rows_of(query.in_extents(kX));
  const int64_t worth = std::max<int64_t>(state->rows.elements / kElementsWorthAThread, 1);
  state->parts = std::min({static_cast<int64_t>(std::max(query.threads, 1)), worth, std::max<int64_t>(state->rows.rows(), 1)});
  return {.state = state, .workspace_bytes = Workspace::bytes(*state)};
}

const void* at_element(const TensorView& view, int64_t element) {
  return static_cast<const std::byte*>(view.data) + element * static_cast<int64_t>(size_of(view.dtype));
}
void* at_writable(const TensorView& view, int64_t element) {
  return static_cast<std::byte*>(view.data) + element * static_cast<int64_t>(size_of(view.dtype));
}

// Calls body(part, first element, count) with the elements of each part, on threads.
template <class Body>
void over_parts(const Channels& c, Body body) {
  const int64_t each = (c.rows.rows() + c.parts - 1) / c.parts * c.rows.width;
#pragma omp parallel for schedule(static) if (c.parts > 1)
  for (int64_t part = 0; part < c.parts; ++part) {
    const int64_t begin = std::min(part * each, c.rows.elements);
    body(part, begin, std::min(each, c.rows.elements - begin));
  }
}

// totals [2][channels] = the two sums per channel of all that add(first element, count, sums, others) adds up per column.
template <class Add>
void sum_channels(const Channels& c, const Workspace& workspace, Add add) {
  const int64_t width = c.rows.width, channels = c.rows.channels;
  over_parts(c, [&](int64_t part, int64_t begin, int64_t count) {
    double* const totals = workspace.totals + part * 2 * width;
    float* const block = workspace.block + part * 2 * width;
    std::fill_n(totals, 2 * width, 0.0);
    for (int64_t at = 0; at < count; at += kRowsInBlock * width) {
      std::fill_n(block, 2 * width, 0.0f);
      add(begin + at, std::min(kRowsInBlock * width, count - at), block, block + width);
      for (int64_t j = 0; j < 2 * width; ++j) totals[j] += static_cast<double>(block[j]);
    }
  });
  // The groups of all parts, in order, into the first part's first group of each sum; then the two sums side by side.
  for (int64_t from = channels; from < c.parts * 2 * width; from += channels) {
    double* const to = workspace.totals + from % (2 * width) / width * width;
    if (workspace.totals + from == to) continue;
    for (int64_t channel = 0; channel < channels; ++channel) to[channel] += workspace.totals[from + channel];
  }
  std::copy_n(workspace.totals + width, channels, workspace.totals + channels);
}

// The first `channels` numbers of each of `arrays` columns arrays, repeated over the width.
void repeat_over_width(const BatchNormRows& rows, float* columns, int arrays) {
  for (int array = 0; array < arrays; ++array) {
    float* const values = columns + array * rows.width;
    for (int64_t j = rows.channels; j < rows.width; j += rows.channels) std::copy_n(values, rows.channels, values + j);
  }
}

// A number near each channel's mean, about which moments are taken: the mean of the first rows. block [2][width] is scratch.
void find_center(const BatchNormRows& rows, const TensorView& x, float* center, float* block) {
  const int64_t count = std::min(kRowsOfCenter * rows.width, rows.elements), channels = rows.channels;
  std::fill_n(center, rows.width, 0.0f);
  std::fill_n(block, 2 * rows.width, 0.0f);
  add_moments(x.dtype, x.data, count, rows.width, center, block, block + rows.width);
  for (int64_t j = 0; j < rows.width; ++j) center[j % channels] += block[j];
  for (int64_t channel = 0; channel < channels; ++channel) center[channel] /= static_cast<float>(count / channels);
  repeat_over_width(rows, center, 1);
}

void launch_channels(KernelContext& context) {
  const auto& c = context.state_as<Channels>();
  const auto& attributes = context.attributes.get<BatchNormAttributes>();
  const TensorView &x = context.inputs[0], &y = context.outputs[0];
  const TensorView* const residual = context.inputs.size() > 3 ? &context.inputs[3] : nullptr;
  const auto *gamma = context.inputs[1].as<float>(), *beta = context.inputs[2].as<float>();
  auto *mean = context.outputs[1].as<float>(), *variance = context.outputs[2].as<float>();
  if (c.rows.elements == 0) {
    std::fill_n(mean, c.rows.channels, 0.0f);
    std::fill_n(variance, c.rows.channels, 0.0f);
    return;
  }
  const int64_t width = c.rows.width, channels = c.rows.channels;
  const Workspace workspace(c, context.workspace);
  float *const center = workspace.columns, *const scale = center + width, *const shift = scale + width;
  find_center(c.rows, x, center, workspace.block);
  sum_channels(c, workspace, [&](int64_t first, int64_t count, float* sums, float* squares) {
    add_moments(x.dtype, at_element(x, first), count, width, center, sums, squares);
  });
  const auto elements = static_cast<double>(c.rows.per_channel());
  for (int64_t i = 0; i < channels; ++i) {
    const double beside = workspace.totals[i] / elements;  // the mean less the center
    const double squares = workspace.totals[channels + i] / elements - beside * beside;
    const double var = squares < 0 ? 0.0 : squares;  // below 0 by rounding alone; a NaN stays
    const double factor = static_cast<double>(gamma[i]) / std::sqrt(var + attributes.epsilon);
    mean[i] = static_cast<float>(static_cast<double>(center[i]) + beside);
    variance[i] = static_cast<float>(var);
    scale[i] = static_cast<float>(factor);
    shift[i] = static_cast<float>(static_cast<double>(beta[i]) - factor * beside);
  }
  repeat_over_width(c.rows, workspace.columns, 3);
  over_parts(c, [&](int64_t, int64_t begin, int64_t count) {
    normalise(x.dtype, at_element(x, begin), residual ? at_element(*residual, begin) : nullptr, at_writable(y, begin), count, width,
              {center, scale, shift}, static_cast<float>(attributes.slope));
  });
}

void launch_grad_channels(KernelContext& context) {
  const auto& c = context.state_as<Channels>();
  const auto& attributes = context.attributes.get<BatchNormAttributes>();
  const TensorView &dy = context.inputs[0], &x = context.inputs[1], &dx = context.outputs[0];
  const auto *gamma = context.inputs[2].as<float>(), *beta = context.inputs[3].as<float>();
  const auto *mean = context.inputs[4].as<float>(), *variance = context.inputs[5].as<float>();
  auto *dgamma = context.outputs[1].as<float>(), *dbeta = context.outputs[2].as<float>();
  if (c.rows.elements == 0) {
    std::fill_n(dgamma, c.rows.channels, 0.0f);
    std::fill_n(dbeta, c.rows.channels, 0.0f);
    return;
  }
  const int64_t width = c.rows.width, channels = c.rows.channels;
  const Workspace workspace(c, context.workspace);
  float *const center = workspace.columns, *const scale = center + width, *const shift = scale + width;
  float *const factor = shift + width, *const offset = factor + width;
  const auto root = [&](int64_t i) { return 1 / std::sqrt(static_cast<double>(variance[i]) + attributes.epsilon); };
  std::copy_n(mean, channels, center);
  std::copy_n(beta, channels, shift);
  for (int64_t i = 0; i < channels; ++i) scale[i] = static_cast<float>(static_cast<double>(gamma[i]) * root(i));
  repeat_over_width(c.rows, workspace.columns, 3);
  const BatchNormColumns columns{center, scale, shift};
  const auto slope = static_cast<float>(attributes.slope);
  sum_channels(c, workspace, [&](int64_t first, int64_t count, float* sums, float* products) {
    add_gradient_sums(x.dtype, at_element(dy, first), at_element(x, first), count, width, columns, slope, sums, products);
  });
  const auto elements = static_cast<double>(c.rows.per_channel());
  for (int64_t i = 0; i < channels; ++i) {
    const double of_beta = workspace.totals[i], of_gamma = workspace.totals[channels + i] * root(i);
    dbeta[i] = static_cast<float>(of_beta);
    dgamma[i] = static_cast<float>(of_gamma);
    factor[i] = static_cast<float>(of_gamma * root(i) / elements);
    offset[i] = static_cast<float>(of_beta / elements);
  }
  repeat_over_width(c.rows, factor, 2);
  over_parts(c, [&](int64_t, int64_t begin, int64_t count) {
    differentiate(x.dtype, at_element(dy, begin), at_element(x, begin), at_writable(dx, begin), count, width, columns, factor,
                  offset, slope);
  });
}

template <size_t kX>
Verdict accepts_channels(const KernelQuery& query) {
  if (query.in(kX) == DType::f64) return Verdict::no("f64 is the reference's");
  return Verdict::yes();
}

}  // namespace

namespace cpu {

std::span<const KernelImpl> batch_norm_impls() {
  static const KernelImpl impls[] = {
      {"batch_norm", DeviceKind::cpu, "channels", accepts_channels<0>, prepare<0>, launch_channels},
      {"batch_norm_grad", DeviceKind::cpu, "channels", accepts_channels<1>, prepare<1>, launch_grad_channels},
      batch_norm_reference()[0],
      batch_norm_reference()[1]};
  return impls;
}

}  // namespace cpu
}  // namespace lamina
