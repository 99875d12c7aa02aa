// SPDX-License-Identifier: Apache-2.0
// Launchers of three kernels that use one thing each: a grid-stride loop, static shared memory with barriers, dynamic
// shared memory with warp shuffles. Declared for both copies; pointers are device memory, row-major.
#pragma once

namespace lamina {

#define LAMINA_DECLARE_FIRST_KERNELS                                                   \
  void add_vectors(void* stream, const float* x, const float* y, float* z, int count); \
  void transpose(void* stream, const float* x, float* y, int rows, int cols);          \
  /* sums[block] = sum of the block's grid-stride share of x */                        \
  void sum_by_blocks(void* stream, const float* x, float* sums, int count, int blocks);

namespace sim {
LAMINA_DECLARE_FIRST_KERNELS
}
namespace cuda {
LAMINA_DECLARE_FIRST_KERNELS
}

#undef LAMINA_DECLARE_FIRST_KERNELS

}  // namespace lamina
