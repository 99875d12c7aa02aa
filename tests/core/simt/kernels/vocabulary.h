// SPDX-License-Identifier: Apache-2.0
// Launchers of kernels that say each word of the device vocabulary once. All pointers are device memory.
#pragma once

namespace lamina {

#define LAMINA_DECLARE_VOCABULARY                                                                            \
  /* out[32 * kWarpResults]: for each lane what shuffles, votes and reductions of x[32] gave */              \
  void warp_words(void* stream, const int* x, int* out);                                                     \
  /* out[4]: how many of x[256] are positive, whether all, whether any; then their number by an atomic */    \
  void block_votes(void* stream, const int* x, unsigned* out);                                               \
  /* y[16, 8] += a[16, depth] * b[depth, 8] of bf16 bits with ldmatrix and mma; depth a multiple of 16 */    \
  void multiply_bf16(void* stream, const unsigned short* a, const unsigned short* b, float* y, int depth);   \
  /* the same in tf32; depth a multiple of 8 */                                                              \
  void multiply_tf32(void* stream, const float* a, const float* b, float* y, int depth);                     \
  /* y[count] = x[count] through shared memory, two stages of cp.async under way; count a multiple of 128 */ \
  void copy_by_stages(void* stream, const float* x, float* y, int count);                                    \
  /* x[blocks] becomes its own running sums, by doubling with grid_sync; scratch[blocks] */                  \
  void scan_by_grid(void* stream, float* x, float* scratch, int blocks);                                     \
  /* y[blocks]: each block adds 1 to what the block before it left, told by a flag; flags[blocks] zero */    \
  void pass_along_blocks(void* stream, unsigned* flags, float* y, int blocks);

namespace sim {
LAMINA_DECLARE_VOCABULARY
}
namespace cuda {
LAMINA_DECLARE_VOCABULARY
}

#undef LAMINA_DECLARE_VOCABULARY

inline constexpr int kWarpResults = 8;

}  // namespace lamina
