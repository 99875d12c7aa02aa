// SPDX-License-Identifier: Apache-2.0
// Insets on the host, a row of y at a time: value, elements of x, value.
#include <algorithm>
#include <cstring>

#include "kernels/copies/inset.h"

namespace lamina::cpu {
namespace {

constexpr int64_t kBytesWorthAThread = 1 << 16;
constexpr int64_t kOutside = -1;

// Where in x the row of y with this number begins, or kOutside where it holds none of x.
int64_t row_of_x(const Inset& inset, int64_t row) {
  int64_t from = inset.from_offset;
  for (int at = inset.rank - 2; at >= 0; --at) {
    const Inset::Axis& axis = inset.axes[at];
    const int64_t past = row % axis.length - axis.first;
    row /= axis.length;
    if (past < 0 || past % axis.step != 0 || past / axis.step >= axis.count) return kOutside;
    from += past / axis.step * axis.from;
  }
  return from;
}

template <class Word>
void fill_row(const Inset::Axis& axis, const Word* x, Word* y, Word value) {
  if (!x || axis.count == 0) {
    std::fill_n(y, axis.length, value);
    return;
  }
  if (axis.step > 1) {
    std::fill_n(y, axis.length, value);
    for (int64_t i = 0; i < axis.count; ++i) y[axis.first + i * axis.step] = x[i * axis.from];
    return;
  }
  std::fill_n(y, axis.first, value);
  if (axis.from == 1) {
    std::copy_n(x, axis.count, y + axis.first);
  } else {
    for (int64_t i = 0; i < axis.count; ++i) y[axis.first + i] = x[i * axis.from];
  }
  std::fill_n(y + axis.first + axis.count, axis.length - axis.first - axis.count, value);
}

template <class Word>
void run_inset(const Inset& inset, const void* from, void* to) {
  const auto* const x = static_cast<const Word*>(from);
  auto* const y = static_cast<Word*>(to);
  Word value;
  std::memcpy(&value, inset.value, sizeof(value));
  const int64_t count = inset.count();
  if (count == 0) return;
  if (inset.rank == 0) {
    *y = *x;
    return;
  }
  const Inset::Axis& inner = inset.axes[inset.rank - 1];
  const int64_t rows = count / inner.length;
#pragma omp parallel for schedule(static) if (count * inset.element_bytes > kBytesWorthAThread)
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t at = row_of_x(inset, row);
    fill_row(inner, at == kOutside ? nullptr : x + at, y + row * inner.length, value);
  }
}

}  // namespace

void launch_inset(KernelContext& context) {
  const auto& inset = context.state_as<Inset>();
  const void* const x = context.inputs[0].data;
  void* const y = context.outputs[0].data;
  switch (inset.element_bytes) {
    case 1:
      return run_inset<uint8_t>(inset, x, y);
    case 2:
      return run_inset<uint16_t>(inset, x, y);
    case 4:
      return run_inset<uint32_t>(inset, x, y);
    default:
      return run_inset<uint64_t>(inset, x, y);
  }
}

}  // namespace lamina::cpu
