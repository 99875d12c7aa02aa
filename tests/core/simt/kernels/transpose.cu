// SPDX-License-Identifier: Apache-2.0
// y[cols, rows] = x[rows, cols] transposed.
// Mapping   a block of kTile x 8 threads owns a kTile x kTile tile; each thread moves kTile / 8 elements.
// Shared    kTile x (kTile + 1) floats: the column more keeps the columns in different banks.
// Barriers  one, between writing the tile by rows and reading it by columns.     Bound  memory.
#include "core/simt/simt.h"
#include "tests/core/simt/kernels/first_kernels.h"

namespace lamina::SIMT_BACKEND {
namespace {

template <int kTile>
__global__ void transpose_kernel(const float* x, float* y, int rows, int cols) {
  __shared__ float tile[kTile][kTile + 1];
  const int lane = static_cast<int>(threadIdx.x);
  int row = static_cast<int>(blockIdx.y) * kTile + static_cast<int>(threadIdx.y);
  int col = static_cast<int>(blockIdx.x) * kTile + lane;
  for (int i = static_cast<int>(threadIdx.y); i < kTile; i += 8, row += 8) {
    if (row < rows && col < cols) tile[i][lane] = x[row * cols + col];
  }
  __syncthreads();
  row = static_cast<int>(blockIdx.y) * kTile + lane;
  col = static_cast<int>(blockIdx.x) * kTile + static_cast<int>(threadIdx.y);
  for (int i = static_cast<int>(threadIdx.y); i < kTile; i += 8, col += 8) {
    if (row < rows && col < cols) y[col * rows + row] = tile[lane][i];
  }
}

}  // namespace

void transpose(void* stream, const float* x, float* y, int rows, int cols) {
  const dim3 grid(static_cast<unsigned>((cols + 31) / 32), static_cast<unsigned>((rows + 31) / 32));
  launch<transpose_kernel<32>>(stream, grid, dim3(32, 8), 0, x, y, rows, cols);
}

}  // namespace lamina::SIMT_BACKEND
