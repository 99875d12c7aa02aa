// SPDX-License-Identifier: Apache-2.0
// batch_norm_grad, in three kernels: sums of the columns, of the channels, and dx. The formulas are in batch_norm.h.
// Mapping   as batch_norm: a warp owns 32 or 128 columns and walks down the rows. A thread adds its rows in order, a block its
//           warps, and one warp per channel all parts.
// Shared    sums: 8 warps x 128 columns x 8 bytes = 8 KiB.     Barriers  sums: one, before the warps' sums are added.
// Workspace 8 bytes per part and column, 8 per channel.
// Needs     f32, bf16 or f16.     Bound  memory: x and dy are read twice, dx written once.
#include "kernels/batch_norm/batch_norm_columns.cuh"

namespace lamina::SIMT_BACKEND {
namespace {

struct GradSums {
  float dz, product;  // of dz, and of dz (x - mean)
};

struct NormGradArgs {
  BatchNormRows rows;
  int64_t parts;
  const float *gamma, *beta, *mean, *variance;  // [C]
  float *dgamma, *dbeta;                        // [C]
  GradSums* partial;                            // [parts][width]
  float *factor, *offset;                       // [C]: dx = scale (dz - (factor (x - mean) + offset))
  float epsilon, slope;
};

// z = (x - mean) scale + beta, of the thread's columns.
template <int kPack>
struct ColumnNorm {
  float mean[kPack], scale[kPack], beta[kPack];
  float slope;

  __device__ ColumnNorm(const NormGradArgs& args, int channel) : slope(args.slope) {
    for (int i = 0; i < kPack; ++i) {
      mean[i] = args.mean[channel + i];
      scale[i] = args.gamma[channel + i] / sqrtf(args.variance[channel + i] + args.epsilon);
      beta[i] = args.beta[channel + i];
    }
  }
  __device__ float dz(int i, float dy, float distance) const { return distance * scale[i] + beta[i] < 0 ? slope * dy : dy; }
};

template <class T, int kPack>
__global__ void batch_norm_grad_sums_kernel(const __grid_constant__ NormGradArgs args, const T* __restrict__ dy,
                                            const T* __restrict__ x) {
  __shared__ GradSums of_warps[kNormWarps][32 * kPack];
  const ColumnWalk<kPack> walk(args.rows);
  const ColumnNorm<kPack> norm(args, walk.channel);
  GradSums running[kPack];
  for (int i = 0; i < kPack; ++i) running[i] = {0, 0};
#pragma unroll 4
  for (int64_t at = walk.first; at < walk.elements; at += walk.step) {
    const Pack<T, kPack> of_x = load_pack<T, kPack>(x + at), of_dy = load_pack<T, kPack>(dy + at);
#pragma unroll
    for (int i = 0; i < kPack; ++i) {
      const float distance = convert<float>(of_x.values[i]) - norm.mean[i];
      const float dz = norm.dz(i, convert<float>(of_dy.values[i]), distance);
      running[i].dz += dz;
      running[i].product += dz * distance;
    }
  }
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  for (int i = 0; i < kPack; ++i) of_warps[warp][lane * kPack + i] = running[i];
  __syncthreads();
  const int mine = static_cast<int>(threadIdx.x);
  if (mine >= 32 * kPack) return;
  GradSums sum = of_warps[0][mine];
  for (int other = 1; other < kNormWarps; ++other) {
    sum.dz += of_warps[other][mine].dz;
    sum.product += of_warps[other][mine].product;
  }
  args.partial[blockIdx.y * args.rows.width + blockIdx.x * (32 * kPack) + mine] = sum;
}

__global__ void batch_norm_grad_channels_kernel(const __grid_constant__ NormGradArgs args) {
  const int lane = threadIdx.x % 32;
  const int64_t channel = static_cast<int64_t>(blockIdx.x) * kNormWarps + threadIdx.x / 32, channels = args.rows.channels;
  if (channel >= channels) return;
  GradSums sum{0, 0};
  const int64_t groups = args.parts * (args.rows.width / channels);
  for (int64_t group = lane; group < groups; group += 32) {
    const GradSums other = args.partial[group * channels + channel];
    sum.dz += other.dz;
    sum.product += other.product;
  }
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    sum.dz += __shfl_down_sync(0xffffffffu, sum.dz, lanes);
    sum.product += __shfl_down_sync(0xffffffffu, sum.product, lanes);
  }
  if (lane != 0) return;
  const float root = 1.0f / sqrtf(args.variance[channel] + args.epsilon);
  const float dgamma = sum.product * root;
  const float elements = args.rows.elements ? static_cast<float>(args.rows.per_channel()) : 1.0f;
  args.dgamma[channel] = dgamma;
  args.dbeta[channel] = sum.dz;
  args.factor[channel] = dgamma * root / elements;
  args.offset[channel] = sum.dz / elements;
}

template <class T, int kPack>
__global__ void batch_norm_grad_dx_kernel(const __grid_constant__ NormGradArgs args, const T* __restrict__ dy,
                                          const T* __restrict__ x, T* __restrict__ dx) {
  const ColumnWalk<kPack> walk(args.rows);
  const ColumnNorm<kPack> norm(args, walk.channel);
  float factor[kPack], offset[kPack];
  for (int i = 0; i < kPack; ++i) {
    factor[i] = args.factor[walk.channel + i];
    offset[i] = args.offset[walk.channel + i];
  }
#pragma unroll 4
  for (int64_t at = walk.first; at < walk.elements; at += walk.step) {
    const Pack<T, kPack> of_x = load_pack<T, kPack>(x + at), of_dy = load_pack<T, kPack>(dy + at);
    Pack<T, kPack> result;
#pragma unroll
    for (int i = 0; i < kPack; ++i) {
      const float distance = convert<float>(of_x.values[i]) - norm.mean[i];
      const float dz = norm.dz(i, convert<float>(of_dy.values[i]), distance);
      result.values[i] = convert<T>(norm.scale[i] * (dz - (factor[i] * distance + offset[i])));
    }
    store_pack(dx + at, result);
  }
}

Prepared prepare(const KernelQuery& query) {
  const NormGrid grid = norm_grid(query.in_extents(1));
  const int64_t bytes = grid.parts * grid.rows.width * static_cast<int64_t>(sizeof(GradSums)) + 8 * grid.rows.channels;
  return {.state = std::make_shared<NormGrid>(grid), .workspace_bytes = static_cast<size_t>(bytes)};
}

void launch_columns(KernelContext& context) {
  const auto& grid = context.state_as<NormGrid>();
  const auto& attributes = context.attributes.get<BatchNormAttributes>();
  NormGradArgs args{.rows = grid.rows,
                    .parts = grid.parts,
                    .gamma = context.inputs[2].as<float>(),
                    .beta = context.inputs[3].as<float>(),
                    .mean = context.inputs[4].as<float>(),
                    .variance = context.inputs[5].as<float>(),
                    .dgamma = context.outputs[1].as<float>(),
                    .dbeta = context.outputs[2].as<float>(),
                    .partial = static_cast<GradSums*>(context.workspace),
                    .epsilon = static_cast<float>(attributes.epsilon),
                    .slope = static_cast<float>(attributes.slope)};
  args.factor = reinterpret_cast<float*>(args.partial + grid.parts * grid.rows.width);
  args.offset = args.factor + grid.rows.channels;
  with_pack(grid, context.inputs[1].dtype, [&]<class T, int kPack>() {
    const T *const dy = context.inputs[0].as<T>(), *const x = context.inputs[1].as<T>();
    launch<batch_norm_grad_sums_kernel<T, kPack>>(context.stream, blocks_of(grid), dim3(kNormThreads), 0, args, dy, x);
    launch<batch_norm_grad_channels_kernel>(context.stream, dim3(blocks_of_channels(grid)), dim3(kNormThreads), 0, args);
    launch<batch_norm_grad_dx_kernel<T, kPack>>(context.stream, blocks_of(grid), dim3(kNormThreads), 0, args, dy, x,
                                                context.outputs[0].as<T>());
  });
}

}  // namespace

KernelImpl batch_norm_grad_columns() {
  return {"batch_norm_grad", kDevice, "columns", accepts_columns<1>, prepare, launch_columns};
}

}  // namespace lamina::SIMT_BACKEND
