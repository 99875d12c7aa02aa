// SPDX-License-Identifier: Apache-2.0
// Ten kernels as a library has them, with one mistake each, by an author who knew nothing of the simulator. The lines at
// which a checker may report the mistake end with "fault: <kernel>".
#include "core/simt/simt.h"
#include "tests/core/runtime/sim/kernels/outside_faults.h"

namespace lamina::SIMT_BACKEND {
namespace {

// Softmax over each row; one block per row, block size a multiple of 32.
__global__ void bad_softmax_kernel(const float* __restrict__ x, float* __restrict__ y, int columns) {
  __shared__ float warp_max[32];
  __shared__ float warp_sum[32];
  const int tid = static_cast<int>(threadIdx.x);
  const int threads = static_cast<int>(blockDim.x);
  const int lane = tid % 32;
  const int warp = tid / 32;
  const int warps = threads / 32;
  const float* row = x + static_cast<int>(blockIdx.x) * columns;
  float* out = y + static_cast<int>(blockIdx.x) * columns;

  float highest = -3.0e38f;
  for (int c = tid; c < columns; c += threads) {
    highest = fmaxf(highest, row[c]);
  }
  for (int offset = 16; offset > 0; offset >>= 1) {
    highest = fmaxf(highest, __shfl_xor_sync(0xffffffffu, highest, offset));
  }
  if (lane == 0) {
    warp_max[warp] = highest;
  }
  __syncthreads();
  highest = lane < warps ? warp_max[lane] : -3.0e38f;
  for (int offset = 16; offset > 0; offset >>= 1) {
    highest = fmaxf(highest, __shfl_xor_sync(0xffffffffu, highest, offset));
  }

  float sum = 0.0f;
  for (int c = tid; c < columns; c += threads) {
    sum += expf(row[c] - highest);
  }
  for (int offset = 16; offset > 0; offset >>= 1) {
    sum += __shfl_xor_sync(0xffffffffu, sum, offset);
  }
  if (lane == 0) {
    warp_sum[warp] = sum;
  }
  __syncthreads();
  sum = warp_sum[lane];  // fault: bad_softmax_kernel
  for (int offset = 16; offset > 0; offset >>= 1) {
    sum += __shfl_xor_sync(0xffffffffu, sum, offset);
  }

  for (int c = tid; c < columns; c += threads) {
    out[c] = expf(row[c] - highest) / sum;
  }
}

// c[m, n] = a[m, k] * b[k, n], 16 x 16 tiles.
__global__ void bad_matmul_kernel(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c,
                                  int m, int n, int k) {
  __shared__ float tile_a[16][16];
  __shared__ float tile_b[16][17];
  const int tx = static_cast<int>(threadIdx.x);
  const int ty = static_cast<int>(threadIdx.y);
  const int row = static_cast<int>(blockIdx.y) * 16 + ty;
  const int column = static_cast<int>(blockIdx.x) * 16 + tx;

  float sum = 0.0f;
  for (int base = 0; base < k; base += 16) {
    const int ka = base + tx;
    const int kb = base + ty;
    tile_a[ty][tx] = (row < m && ka < k) ? a[row * k + ka] : 0.0f;  // fault: bad_matmul_kernel
    tile_b[ty][tx] = (kb < k && column < n) ? b[kb * n + column] : 0.0f;  // fault: bad_matmul_kernel
    __syncthreads();
    for (int i = 0; i < 16; ++i) {
      sum += tile_a[ty][i] * tile_b[i][tx];  // fault: bad_matmul_kernel
    }
  }
  if (row < m && column < n) {
    c[row * n + column] = sum;
  }
}

// y[columns, rows] = transpose of x[rows, columns], through a padded tile.
__global__ void bad_transpose_kernel(const float* __restrict__ x, float* __restrict__ y, int rows, int columns) {
  __shared__ float tile[16][17];
  const int tx = static_cast<int>(threadIdx.x);
  const int ty = static_cast<int>(threadIdx.y);
  const int column = static_cast<int>(blockIdx.x) * 16 + tx;
  const int row = static_cast<int>(blockIdx.y) * 16 + ty;
  if (row >= rows || column >= columns) {
    return;
  }
  tile[ty][tx] = x[row * columns + column];
  __syncthreads();  // fault: bad_transpose_kernel
  const int out_row = static_cast<int>(blockIdx.x) * 16 + ty;
  const int out_column = static_cast<int>(blockIdx.y) * 16 + tx;
  if (out_row < columns && out_column < rows) {
    y[out_row * rows + out_column] = tile[tx][ty];
  }
}

// Layer norm over each row, one warp per row; vector loads for the statistics and a scalar tail.
__global__ void bad_layer_norm_kernel(const float* __restrict__ x, const float* __restrict__ gamma,
                                      const float* __restrict__ beta, float* __restrict__ y, int columns,
                                      float epsilon) {
  const int lane = static_cast<int>(threadIdx.x);
  const float* row = x + static_cast<int>(blockIdx.x) * columns;
  float* out = y + static_cast<int>(blockIdx.x) * columns;
  const int vectors = columns / 4;

  float sum = 0.0f;
  float squares = 0.0f;
  for (int i = lane; i < vectors; i += 32) {
    const float4 v = reinterpret_cast<const float4*>(row)[i];  // fault: bad_layer_norm_kernel
    sum += v.x + v.y + v.z + v.w;
    squares += v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
  }
  for (int c = vectors * 4 + lane; c < columns; c += 32) {
    sum += row[c];
    squares += row[c] * row[c];
  }
  for (int offset = 16; offset > 0; offset >>= 1) {
    sum += __shfl_xor_sync(0xffffffffu, sum, offset);
    squares += __shfl_xor_sync(0xffffffffu, squares, offset);
  }
  const float mean = sum / static_cast<float>(columns);
  const float variance = fmaxf(squares / static_cast<float>(columns) - mean * mean, 0.0f);
  const float scale = 1.0f / sqrtf(variance + epsilon);
  for (int c = lane; c < columns; c += 32) {
    out[c] = (row[c] - mean) * scale * gamma[c] + beta[c];
  }
}

// counts[block] = how many elements of the block's part of sorted x differ from the one before; block size 128.
__global__ void bad_unique_count_kernel(const int* __restrict__ x, int* __restrict__ counts, int n) {
  __shared__ int values[128];
  __shared__ int flags[128];
  const int tid = static_cast<int>(threadIdx.x);
  const int i = static_cast<int>(blockIdx.x) * 128 + tid;
  flags[tid] = 0;
  if (i < n) {
    values[tid] = x[i];
    __syncthreads();  // fault: bad_unique_count_kernel
    const int before = tid > 0 ? values[tid - 1] : (i > 0 ? x[i - 1] : x[0] - 1);
    flags[tid] = values[tid] != before ? 1 : 0;
  }
  __syncthreads();  // fault: bad_unique_count_kernel
  for (int stride = 64; stride > 0; stride >>= 1) {
    if (tid < stride) {
      flags[tid] += flags[tid + stride];
    }
    __syncthreads();
  }
  if (tid == 0) {
    counts[blockIdx.x] = flags[0];
  }
}

// 2 x 2 max pooling, stride 2, ceil mode, of planes of height x width.
__global__ void bad_max_pool_kernel(const float* __restrict__ x, float* __restrict__ y, int height, int width) {
  const int out_height = (height + 1) / 2;
  const int out_width = (width + 1) / 2;
  const int ox = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  const int oy = static_cast<int>(blockIdx.y * blockDim.y + threadIdx.y);
  const int channel = static_cast<int>(blockIdx.z);
  if (ox >= out_width || oy >= out_height) {
    return;
  }
  const float* plane = x + channel * height * width;
  float best = -3.0e38f;
  for (int dy = 0; dy < 2; ++dy) {
    const int iy = oy * 2 + dy;
    for (int dx = 0; dx < 2; ++dx) {
      const int ix = ox * 2 + dx;
      if (ix < width) {
        best = fmaxf(best, plane[iy * width + ix]);  // fault: bad_max_pool_kernel
      }
    }
  }
  y[(channel * out_height + oy) * out_width + ox] = best;
}

// table_gradient[ids[t], :] += gradient[t, :]; one block per token.
__global__ void bad_embedding_gradient_kernel(const float* __restrict__ gradient, const int* __restrict__ ids,
                                              float* __restrict__ table_gradient, int width) {
  const int token = static_cast<int>(blockIdx.x);
  const int id = ids[token];
  for (int c = static_cast<int>(threadIdx.x); c < width; c += static_cast<int>(blockDim.x)) {
    table_gradient[id * width + c] += gradient[token * width + c];  // fault: bad_embedding_gradient_kernel
  }
}

// Inclusive scan of each run of 32 elements, a warp to a run; block size 64.
__global__ void bad_warp_scan_kernel(const int* __restrict__ x, int* __restrict__ y, int n) {
  __shared__ int buffer[64];
  const int tid = static_cast<int>(threadIdx.x);
  const int lane = tid % 32;
  const int i = static_cast<int>(blockIdx.x) * 64 + tid;
  buffer[tid] = i < n ? x[i] : 0;
  __syncwarp();
  for (int offset = 1; offset < 32; offset <<= 1) {
    const int addend = lane >= offset ? buffer[tid - offset] : 0;  // fault: bad_warp_scan_kernel
    __syncwarp();
    buffer[tid] += addend;  // fault: bad_warp_scan_kernel
  }
  if (i < n) {
    y[i] = buffer[tid];
  }
}

// y[batch, :] = a[batch, :] * dot(a[batch, :], b[batch, :]); one block of 128 threads per batch.
__global__ void bad_batched_dot_kernel(const float* __restrict__ a, const float* __restrict__ b,
                                       float* __restrict__ y, int length) {
  __shared__ float warp_sum[4];
  __shared__ float dot[1];
  const int tid = static_cast<int>(threadIdx.x);
  const int base = static_cast<int>(blockIdx.x) * length;
  float sum = 0.0f;
  for (int i = tid; i < length; i += 128) {
    sum += a[base + i] * b[base + i];
  }
  for (int offset = 16; offset > 0; offset >>= 1) {
    sum += __shfl_down_sync(0xffffffffu, sum, offset);
  }
  if (tid % 32 == 0) {
    warp_sum[tid / 32] = sum;
  }
  __syncthreads();
  if (tid < 4) {
    float total = warp_sum[tid];
    for (int step = 2; step > 0; step >>= 1) {
      total += __shfl_down_sync(0xffffffffu, total, step);  // fault: bad_batched_dot_kernel
    }
    if (tid == 0) {
      dot[0] = total;
    }
  }
  __syncthreads();
  for (int i = tid; i < length; i += 128) {
    y[base + i] = a[base + i] * dot[0];
  }
}

// 1-D convolution, zero padding; dynamic shared memory holds the block's elements with both halos, then the filter.
__global__ void bad_convolution_kernel(const float* __restrict__ x, const float* __restrict__ filter,
                                       float* __restrict__ y, int n, int radius) {
  SIMT_DYNAMIC_SHARED(float, tile);
  const int tid = static_cast<int>(threadIdx.x);
  const int threads = static_cast<int>(blockDim.x);
  const int taps = 2 * radius + 1;
  float* weights = tile + threads + 2 * radius;
  const int i = static_cast<int>(blockIdx.x) * threads + tid;
  tile[tid + radius] = i < n ? x[i] : 0.0f;
  if (tid < radius) {
    const int left = i - radius;
    const int right = i + threads;
    tile[tid] = (left >= 0 && left < n) ? x[left] : 0.0f;
    tile[tid + radius + threads] = right < n ? x[right] : 0.0f;
  }
  if (tid < taps) {
    weights[tid] = filter[tid];  // fault: bad_convolution_kernel
  }
  __syncthreads();
  float sum = 0.0f;
  for (int t = 0; t < taps; ++t) {
    sum += tile[tid + t] * weights[t];  // fault: bad_convolution_kernel
  }
  if (i < n) {
    y[i] = sum;
  }
}

void launch_bad_softmax_kernel(void* const* buffers) {
  launch<bad_softmax_kernel>(nullptr, dim3(3, 1, 1), dim3(96, 1, 1), 0, static_cast<float*>(buffers[0]), static_cast<float*>(buffers[1]), 200);
}
void launch_bad_matmul_kernel(void* const* buffers) {
  launch<bad_matmul_kernel>(nullptr, dim3(3, 2, 1), dim3(16, 16, 1), 0, static_cast<float*>(buffers[0]), static_cast<float*>(buffers[1]), static_cast<float*>(buffers[2]), 20, 33, 40);
}
void launch_bad_transpose_kernel(void* const* buffers) {
  launch<bad_transpose_kernel>(nullptr, dim3(3, 2, 1), dim3(16, 16, 1), 0, static_cast<float*>(buffers[0]), static_cast<float*>(buffers[1]), 20, 37);
}
void launch_bad_layer_norm_kernel(void* const* buffers) {
  launch<bad_layer_norm_kernel>(nullptr, dim3(3, 1, 1), dim3(32, 1, 1), 0, static_cast<float*>(buffers[0]), static_cast<float*>(buffers[1]), static_cast<float*>(buffers[2]), static_cast<float*>(buffers[3]), 42, 0.001f);
}
void launch_bad_unique_count_kernel(void* const* buffers) {
  launch<bad_unique_count_kernel>(nullptr, dim3(3, 1, 1), dim3(128, 1, 1), 0, static_cast<int*>(buffers[0]), static_cast<int*>(buffers[1]), 300);
}
void launch_bad_max_pool_kernel(void* const* buffers) {
  launch<bad_max_pool_kernel>(nullptr, dim3(1, 1, 3), dim3(8, 4, 1), 0, static_cast<float*>(buffers[0]), static_cast<float*>(buffers[1]), 7, 9);
}
void launch_bad_embedding_gradient_kernel(void* const* buffers) {
  launch<bad_embedding_gradient_kernel>(nullptr, dim3(10, 1, 1), dim3(32, 1, 1), 0, static_cast<float*>(buffers[0]), static_cast<int*>(buffers[1]), static_cast<float*>(buffers[2]), 20);
}
void launch_bad_warp_scan_kernel(void* const* buffers) {
  launch<bad_warp_scan_kernel>(nullptr, dim3(2, 1, 1), dim3(64, 1, 1), 0, static_cast<int*>(buffers[0]), static_cast<int*>(buffers[1]), 120);
}
void launch_bad_batched_dot_kernel(void* const* buffers) {
  launch<bad_batched_dot_kernel>(nullptr, dim3(3, 1, 1), dim3(128, 1, 1), 0, static_cast<float*>(buffers[0]), static_cast<float*>(buffers[1]), static_cast<float*>(buffers[2]), 200);
}
void launch_bad_convolution_kernel(void* const* buffers) {
  launch<bad_convolution_kernel>(nullptr, dim3(3, 1, 1), dim3(64, 1, 1), 304, static_cast<float*>(buffers[0]), static_cast<float*>(buffers[1]), static_cast<float*>(buffers[2]), 150, 3);
}

using enum OutsideBuffer::Fill;
constexpr OutsideFault kFaults[] = {
    {"bad_softmax_kernel", launch_bad_softmax_kernel, {{600, quarters}, {600, fresh}}},
    {"bad_matmul_kernel", launch_bad_matmul_kernel, {{800, quarters}, {1320, quarters}, {660, fresh}}},
    {"bad_transpose_kernel", launch_bad_transpose_kernel, {{740, quarters}, {740, fresh}}},
    {"bad_layer_norm_kernel", launch_bad_layer_norm_kernel, {{126, quarters}, {42, quarters}, {42, quarters}, {126, fresh}}},
    {"bad_unique_count_kernel", launch_bad_unique_count_kernel, {{300, integers}, {3, fresh}}},
    {"bad_max_pool_kernel", launch_bad_max_pool_kernel, {{189, quarters}, {60, fresh}}},
    {"bad_embedding_gradient_kernel", launch_bad_embedding_gradient_kernel, {{200, quarters}, {10, integers, 7}, {140, zeros}}},
    {"bad_warp_scan_kernel", launch_bad_warp_scan_kernel, {{120, integers}, {120, fresh}}},
    {"bad_batched_dot_kernel", launch_bad_batched_dot_kernel, {{600, quarters}, {600, quarters}, {600, fresh}}},
    {"bad_convolution_kernel", launch_bad_convolution_kernel, {{150, quarters}, {7, quarters}, {150, fresh}}},
};

}  // namespace

const OutsideFault* const kOutsideFaults = kFaults;
const int kOutsideFaultCount = static_cast<int>(sizeof(kFaults) / sizeof(kFaults[0]));

}  // namespace lamina::SIMT_BACKEND
