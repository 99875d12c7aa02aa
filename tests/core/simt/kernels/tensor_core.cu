// SPDX-License-Identifier: Apache-2.0
// y[16, 8] += a[16, depth] * b[depth, 8] on tensor cores, row-major, one warp; depth a multiple of 16 (bf16) or 8
// (tf32). Shared    bf16: 16 x 16 of a (rows of 32 bytes) and 16 x 8 of b (rows of 16 bytes).     Barriers  two per
// step.
#include "core/simt/simt.h"
#include "kernels/device/mma.cuh"
#include "tests/core/simt/kernels/vocabulary.h"

namespace lamina::SIMT_BACKEND {
namespace {

__device__ void add_tile(float* y, const MmaAcc& acc) {
  const int row = static_cast<int>(threadIdx.x) / 4, column = static_cast<int>(threadIdx.x) % 4 * 2;
  for (int i = 0; i < 4; ++i) y[(row + i / 2 * 8) * 8 + column + i % 2] += acc.r[i];
}

__global__ void multiply_bf16_kernel(const unsigned short* a, const unsigned short* b, float* y, int depth) {
  __shared__ __align__(16) unsigned short a_tile[16][16];
  __shared__ __align__(16) unsigned short b_tile[16][8];
  const int lane = static_cast<int>(threadIdx.x);
  MmaAcc acc{};
  for (int first = 0; first < depth; first += 16) {
    for (int i = lane; i < 256; i += 32) a_tile[i / 16][i % 16] = a[i / 16 * depth + first + i % 16];
    for (int i = lane; i < 128; i += 32) b_tile[i / 8][i % 8] = b[(first + i / 8) * 8 + i % 8];
    __syncwarp();
    MmaBf16A a_fragment;
    MmaBf16B b_fragment;
    ldmatrix<4>(a_fragment.r, &a_tile[lane % 16][lane / 16 * 8]);  // rows 0-7, 8-15 of columns 0-7, then of 8-15
    ldmatrix<2, true>(b_fragment.r, &b_tile[lane % 16][0]);
    mma_m16n8k16(acc, a_fragment, b_fragment);
    __syncwarp();
  }
  add_tile(y, acc);
}

__global__ void multiply_tf32_kernel(const float* a, const float* b, float* y, int depth) {
  const int row = static_cast<int>(threadIdx.x) / 4, t = static_cast<int>(threadIdx.x) % 4;
  MmaAcc acc{};
  for (int k = t; k < depth; k += 8) {
    const MmaTf32A a_fragment{{to_tf32(a[row * depth + k]), to_tf32(a[(row + 8) * depth + k]),
                               to_tf32(a[row * depth + k + 4]), to_tf32(a[(row + 8) * depth + k + 4])}};
    const MmaTf32B b_fragment{{to_tf32(b[k * 8 + row]), to_tf32(b[(k + 4) * 8 + row])}};
    mma_m16n8k8(acc, a_fragment, b_fragment);
  }
  add_tile(y, acc);
}

}  // namespace

void multiply_bf16(void* stream, const unsigned short* a, const unsigned short* b, float* y, int depth) {
  launch<multiply_bf16_kernel>(stream, dim3(1), dim3(32), 0, a, b, y, depth);
}

void multiply_tf32(void* stream, const float* a, const float* b, float* y, int depth) {
  launch<multiply_tf32_kernel>(stream, dim3(1), dim3(32), 0, a, b, y, depth);
}

}  // namespace lamina::SIMT_BACKEND
