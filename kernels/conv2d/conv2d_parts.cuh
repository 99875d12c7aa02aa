// SPDX-License-Identifier: Apache-2.0
// A sum cut into parts that blocks of their own make, where the tiles of the result alone would not fill a GPU (the gradient
// of w: few results, sums over every place). The parts are added in order: no atomics, the same bits in each run.
#pragma once

#include <algorithm>

#include "kernels/conv2d/conv2d_product.h"
#include "kernels/device/typed_memory.cuh"
#include "kernels/epilogue/epilogue.cuh"

namespace lamina::SIMT_BACKEND {

struct SumParts {
  int length = 0;  // of a part along k, a multiple of the kernel's step
  int number = 1;
};

// `tiles` of the result, each summed in steps of `step`. Depends on shapes alone.
inline SumParts cut_sum(const Conv2dProduct& product, int64_t tiles, int step) {
  constexpr int64_t kEnoughBlocks = 264;  // two for each multiprocessor of a large GPU
  constexpr int kMost = 32, kStepsWorthAPart = 16;
  const int64_t useful = std::clamp<int64_t>(product.k / (kStepsWorthAPart * step), 1, kMost);
  const int64_t wanted = std::clamp<int64_t>(kEnoughBlocks / std::max<int64_t>(tiles, 1), 1, useful);
  const int64_t steps = (product.k + step * wanted - 1) / (step * wanted);  // of a part
  const int64_t length = std::max<int64_t>(steps, 1) * step;
  return {static_cast<int>(length), static_cast<int>(std::max<int64_t>((product.k + length - 1) / length, 1))};
}

inline size_t bytes_of_parts(const Conv2dProduct& product, const SumParts& parts) {
  if (parts.number == 1) return 0;
  return static_cast<size_t>(parts.number) * static_cast<size_t>(product.m) * static_cast<size_t>(product.n) * sizeof(float);
}

// result[i] = finish(parts[0][i] + parts[1][i] + ...); m x n elements each.
void launch_sum_parts(void* stream, const float* parts, int number, const Conv2dProduct& product, const EpilogueArgs& finish,
                      Result result);

// conv2d's; the gradients have none.
inline EpilogueArgs epilogue_args(const KernelContext& context) {
  return epilogue_args(context.attributes.get<Conv2dAttributes>().epilogue, context.inputs, 2);
}

}  // namespace lamina::SIMT_BACKEND
