// SPDX-License-Identifier: Apache-2.0
// batch_norm, in three kernels: moments of the columns, of the channels, and the normalisation.
// Mapping   a warp owns 32 or 128 columns and walks down the rows, 8 warps of a block and `parts` blocks side by side.
//           Moments are of x - x[first row], which is exact where the mean is large beside the deviation; each thread
//           joins the moments of four rows to its own (Chan, Golub and LeVeque 1979), a block those of its warps, and one
//           warp per channel those of all parts, in a fixed order.
// Shared    moments: 8 warps x 128 columns x 12 bytes = 12 KiB.     Barriers  moments: one, before the warps are joined.
// Workspace 12 bytes per part and column, 8 per channel.
// Needs     f32, bf16 or f16.     Bound  memory: x is read twice, y written once.
#include "kernels/batch_norm/batch_norm_columns.cuh"

namespace lamina::SIMT_BACKEND {
namespace {

struct Moments {
  float count, mean, squares;  // squares: the sum of (x - mean)^2
};

__device__ inline Moments joined(const Moments& a, const Moments& b) {
  const float count = a.count + b.count;
  if (count == 0) return a;
  const float apart = b.mean - a.mean, share = b.count / count;
  return {count, a.mean + apart * share, a.squares + b.squares + apart * apart * a.count * share};
}

struct NormArgs {
  BatchNormRows rows;
  int64_t parts;
  const float *gamma, *beta;  // [C]
  float *mean, *variance;     // [C]
  Moments* partial;           // [parts][width]
  float *scale, *shift;       // [C]: z = (x - x[first row]) scale + shift
  float epsilon, slope;
};

template <class T, int kPack>
__global__ void batch_norm_moments_kernel(const __grid_constant__ NormArgs args, const T* __restrict__ x) {
  __shared__ Moments of_warps[kNormWarps][32 * kPack];
  const ColumnWalk<kPack> walk(args.rows);
  float pivot[kPack];
  Moments running[kPack];
  for (int i = 0; i < kPack; ++i) {
    pivot[i] = convert<float>(x[walk.channel + i]);
    running[i] = {0, 0, 0};
  }
  for (int64_t at = walk.first; at < walk.elements; at += kNormRowsTogether * walk.step) {
    Pack<T, kPack> loaded[kNormRowsTogether];
    int present = 0;
#pragma unroll
    for (int row = 0; row < kNormRowsTogether; ++row) {
      if (at + row * walk.step >= walk.elements) continue;
      loaded[row] = load_pack<T, kPack>(x + at + row * walk.step);
      present = row + 1;
    }
#pragma unroll
    for (int i = 0; i < kPack; ++i) {
      Moments now{static_cast<float>(present), 0, 0};
#pragma unroll
      for (int row = 0; row < kNormRowsTogether; ++row) {
        if (row < present) now.mean += convert<float>(loaded[row].values[i]) - pivot[i];
      }
      now.mean /= now.count;
#pragma unroll
      for (int row = 0; row < kNormRowsTogether; ++row) {
        const float apart = row < present ? convert<float>(loaded[row].values[i]) - pivot[i] - now.mean : 0.0f;
        now.squares += apart * apart;
      }
      running[i] = joined(running[i], now);
    }
  }
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  for (int i = 0; i < kPack; ++i) of_warps[warp][lane * kPack + i] = running[i];
  __syncthreads();
  const int mine = static_cast<int>(threadIdx.x);
  if (mine >= 32 * kPack) return;
  Moments sum = of_warps[0][mine];
  for (int other = 1; other < kNormWarps; ++other) sum = joined(sum, of_warps[other][mine]);
  args.partial[blockIdx.y * args.rows.width + blockIdx.x * (32 * kPack) + mine] = sum;
}

template <class T>
__global__ void batch_norm_channels_kernel(const __grid_constant__ NormArgs args, const T* x) {
  const int lane = threadIdx.x % 32;
  const int64_t channel = static_cast<int64_t>(blockIdx.x) * kNormWarps + threadIdx.x / 32, channels = args.rows.channels;
  if (channel >= channels) return;
  Moments sum{0, 0, 0};
  const int64_t groups = args.parts * (args.rows.width / channels);
  for (int64_t group = lane; group < groups; group += 32) sum = joined(sum, args.partial[group * channels + channel]);
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    const Moments other{__shfl_down_sync(0xffffffffu, sum.count, lanes), __shfl_down_sync(0xffffffffu, sum.mean, lanes),
                        __shfl_down_sync(0xffffffffu, sum.squares, lanes)};
    sum = joined(sum, other);
  }
  if (lane != 0) return;
  const float variance = sum.count > 0 ? sum.squares / sum.count : 0.0f;
  const float scale = args.gamma[channel] / sqrtf(variance + args.epsilon);
  args.mean[channel] = args.rows.elements ? convert<float>(x[channel]) + sum.mean : 0.0f;
  args.variance[channel] = variance;
  args.scale[channel] = scale;
  args.shift[channel] = args.beta[channel] - sum.mean * scale;
}

template <class T, int kPack>
__global__ void batch_norm_apply_kernel(const __grid_constant__ NormArgs args, const T* __restrict__ x,
                                        const T* __restrict__ residual, T* __restrict__ y) {
  const ColumnWalk<kPack> walk(args.rows);
  float pivot[kPack], scale[kPack], shift[kPack];
  for (int i = 0; i < kPack; ++i) {
    pivot[i] = convert<float>(x[walk.channel + i]);
    scale[i] = args.scale[walk.channel + i];
    shift[i] = args.shift[walk.channel + i];
  }
#pragma unroll 4
  for (int64_t at = walk.first; at < walk.elements; at += walk.step) {
    const Pack<T, kPack> from = load_pack<T, kPack>(x + at);
    Pack<T, kPack> added, result;
    if (residual) added = load_pack<T, kPack>(residual + at);
#pragma unroll
    for (int i = 0; i < kPack; ++i) {
      const float z = (convert<float>(from.values[i]) - pivot[i]) * scale[i] + shift[i];
      const float active = z < 0 ? args.slope * z : z;
      result.values[i] = convert<T>(residual ? active + convert<float>(added.values[i]) : active);
    }
    store_pack(y + at, result);
  }
}

Prepared prepare(const KernelQuery& query) {
  const NormGrid grid = norm_grid(query.in_extents(0));
  const int64_t bytes = grid.parts * grid.rows.width * static_cast<int64_t>(sizeof(Moments)) + 8 * grid.rows.channels;
  return {.state = std::make_shared<NormGrid>(grid), .workspace_bytes = static_cast<size_t>(bytes)};
}

void launch_columns(KernelContext& context) {
  const auto& grid = context.state_as<NormGrid>();
  const auto& attributes = context.attributes.get<BatchNormAttributes>();
  NormArgs args{.rows = grid.rows,
                .parts = grid.parts,
                .gamma = context.inputs[1].as<float>(),
                .beta = context.inputs[2].as<float>(),
                .mean = context.outputs[1].as<float>(),
                .variance = context.outputs[2].as<float>(),
                .partial = static_cast<Moments*>(context.workspace),
                .epsilon = static_cast<float>(attributes.epsilon),
                .slope = static_cast<float>(attributes.slope)};
  args.scale = reinterpret_cast<float*>(args.partial + grid.parts * grid.rows.width);
  args.shift = args.scale + grid.rows.channels;
  with_pack(grid, context.inputs[0].dtype, [&]<class T, int kPack>() {
    const T *const x = context.inputs[0].as<T>(), *const residual = context.inputs.size() > 3 ? context.inputs[3].as<T>() : nullptr;
    launch<batch_norm_moments_kernel<T, kPack>>(context.stream, blocks_of(grid), dim3(kNormThreads), 0, args, x);
    launch<batch_norm_channels_kernel<T>>(context.stream, dim3(blocks_of_channels(grid)), dim3(kNormThreads), 0, args, x);
    launch<batch_norm_apply_kernel<T, kPack>>(context.stream, blocks_of(grid), dim3(kNormThreads), 0, args, x, residual,
                                              context.outputs[0].as<T>());
  });
}

}  // namespace

std::span<const KernelImpl> batch_norm_impls() {
  static const KernelImpl impls[] = {{"batch_norm", kDevice, "columns", accepts_columns<0>, prepare, launch_columns},
                                     batch_norm_grad_columns()};
  return impls;
}

}  // namespace lamina::SIMT_BACKEND
