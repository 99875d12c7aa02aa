// SPDX-License-Identifier: Apache-2.0
// yolo_loss: the four terms of one scale, the counts and the gradient by raw.
// objects   a block per picture gathers the boxes of its objects, 256 predictions at a time, in their order (ballots).
// warps     a warp per prediction, a lane per channel, so that raw, y_true and draw are read and written along their
//           innermost axis; the lanes share the boxes that the prediction is held against. Sums stay in registers until the
//           block adds them up.
// sums      a warp per sum adds the blocks' in a fixed order.
// Shared    objects: 9 counts (36 bytes). warps: 4 x 6 sums (96 bytes).
// Barriers  objects: two per 256 predictions. warps: one.
// Workspace per picture a count and room for a box at every prediction; 6 sums per block.
// Needs     f32, bf16 or f16.     Bound  memory; with many objects in a picture the arithmetic of their IoU.
#include <algorithm>

#include "core/simt/simt.h"
#include "kernels/yolo_loss/yolo_prediction.h"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kGatherThreads = 256;
constexpr int kGatherWarps = kGatherThreads / 32;
constexpr int kWarps = 4;
constexpr int64_t kMaxBlocks = 132 * 16;  // enough to fill a large GPU; the grid stride does the rest
constexpr int kSums = 6;                  // four terms, two counts

template <class T>
struct YoloArgs {
  YoloGrid grid;
  const T* raw;
  const float* y_true;
  const float* anchors;
  float* terms;
  float* counts;
  float* draw;
  YoloBox<float>* boxes;  // [batch][predictions of a picture]
  float* partials;        // [blocks][kSums]
  int32_t* objects;       // [batch]
  int64_t blocks;
};

template <class T>
__global__ void yolo_loss_objects_kernel(const __grid_constant__ YoloArgs<T> args) {
  __shared__ int32_t found_by_warp[kGatherWarps];
  __shared__ int32_t found_before;
  const int64_t count = args.grid.predictions_per_picture(), start = blockIdx.x * count;
  const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
  if (threadIdx.x == 0) found_before = 0;
  for (int64_t first = 0; first < count; first += kGatherThreads) {
    const int64_t mine = first + threadIdx.x;
    const float* const y_true = args.y_true + (start + mine) * args.grid.channels;
    const bool has_object = mine < count && y_true[4] != 0;
    const unsigned ballot = __ballot_sync(0xffffffffu, has_object);
    if (lane == 0) found_by_warp[warp] = __popc(ballot);
    __syncthreads();
    int32_t before = found_before, found = 0;
    for (int other = 0; other < kGatherWarps; ++other) {
      if (other < warp) before += found_by_warp[other];
      found += found_by_warp[other];
    }
    if (has_object) args.boxes[start + before + __popc(ballot & ((1u << lane) - 1))] = yolo_object<float>(y_true);
    __syncthreads();
    if (threadIdx.x == 0) found_before += found;
  }
  if (threadIdx.x == 0) args.objects[blockIdx.x] = found_before;
}

__device__ inline float warp_sum(float mine) {
  for (int lanes = 16; lanes > 0; lanes /= 2) mine += __shfl_xor_sync(0xffffffffu, mine, lanes);
  return mine;
}

template <YoloBoxLoss kBox, class T>
__global__ void yolo_loss_warps_kernel(const __grid_constant__ YoloArgs<T> args) {
  __shared__ float warp_sums[kWarps][kSums];
  YoloGrid grid = args.grid;
  grid.options.box = kBox;  // known to the compiler: what CIoU needs in registers is not taken by the other
  const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
  const auto threshold = static_cast<float>(grid.options.ignore_threshold);
  float sums[kSums] = {};
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kWarps + warp; i < grid.predictions(); i += args.blocks * kWarps) {
    const T* const raw = args.raw + i * grid.channels;
    const float* const y_true = args.y_true + i * grid.channels;
    const auto place = yolo_place<float>(grid, args.anchors, i);
    const int64_t picture = i / grid.predictions_per_picture();
    const YoloBox<float>* const boxes = args.boxes + picture * grid.predictions_per_picture();
    const bool far = is_far_from_all(yolo_decoded(place, raw), boxes, args.objects[picture], lane, 32, threshold);
    const float counts = __all_sync(0xffffffffu, far) ? 1 - y_true[4] : 0.0f;
    if (lane == 0) {
      sums[4] += y_true[4];
      sums[5] += counts;
    }
    for (int64_t channel = lane; channel < grid.channels; channel += 32) {
      const YoloElement<float> element = yolo_element(grid, place, raw, y_true, channel, counts);
      const int term = yolo_term_of_channel(channel, grid.options.box);
#pragma unroll
      for (int k = 0; k < 4; ++k) sums[k] += k == term ? element.loss : 0.0f;
      args.draw[i * grid.channels + channel] = element.slope;
    }
  }
#pragma unroll
  for (int k = 0; k < kSums; ++k) {
    const float sum = warp_sum(sums[k]);
    if (lane == 0) warp_sums[warp][k] = sum;
  }
  __syncthreads();
  if (threadIdx.x >= kSums) return;
  float sum = 0;
  for (int other = 0; other < kWarps; ++other) sum += warp_sums[other][threadIdx.x];
  args.partials[blockIdx.x * kSums + threadIdx.x] = sum;
}

// Warp k of the one block adds sum k of all blocks.
template <class T>
__global__ void yolo_loss_sums_kernel(const __grid_constant__ YoloArgs<T> args) {
  const int which = static_cast<int>(threadIdx.x) / 32;
  float sum = 0;
  for (int64_t block = threadIdx.x % 32; block < args.blocks; block += 32) sum += args.partials[block * kSums + which];
  sum = warp_sum(sum);
  if (threadIdx.x % 32 == 0) (which < 4 ? args.terms[which] : args.counts[which - 4]) = sum;
}

int64_t blocks_for(const YoloGrid& grid) { return std::min((grid.predictions() + kWarps - 1) / kWarps, kMaxBlocks); }

template <class T>
void run(KernelContext& context) {
  const auto& grid = context.state_as<YoloGrid>();
  YoloArgs<T> args{};
  args.grid = grid;
  args.raw = context.inputs[0].as<T>();
  args.y_true = context.inputs[1].as<float>();
  args.anchors = context.inputs[2].as<float>();
  args.terms = context.outputs[0].as<float>();
  args.counts = context.outputs[1].as<float>();
  args.draw = context.outputs[2].as<float>();
  args.blocks = blocks_for(grid);
  args.boxes = static_cast<YoloBox<float>*>(context.workspace);
  args.partials = reinterpret_cast<float*>(args.boxes + grid.predictions());
  args.objects = reinterpret_cast<int32_t*>(args.partials + args.blocks * kSums);
  const dim3 pictures(static_cast<unsigned>(grid.batch)), blocks(static_cast<unsigned>(args.blocks));
  launch<yolo_loss_objects_kernel<T>>(context.stream, pictures, dim3(kGatherThreads), 0, args);
  if (grid.options.box == YoloBoxLoss::ciou) {
    launch<yolo_loss_warps_kernel<YoloBoxLoss::ciou, T>>(context.stream, blocks, dim3(32 * kWarps), 0, args);
  } else {
    launch<yolo_loss_warps_kernel<YoloBoxLoss::squared, T>>(context.stream, blocks, dim3(32 * kWarps), 0, args);
  }
  launch<yolo_loss_sums_kernel<T>>(context.stream, dim3(1), dim3(32 * kSums), 0, args);
}

void launch_warps(KernelContext& context) {
  switch (context.inputs[0].dtype) {
    case DType::bf16: return run<bf16>(context);
    case DType::f16: return run<f16>(context);
    default: return run<float>(context);
  }
}

Verdict accepts(const KernelQuery& query) {
  if (query.in(0) == DType::f64) return Verdict::no("f64 is for the reference on cpu");
  if (yolo_grid(query).predictions_per_picture() > INT32_MAX) return Verdict::no("2^31 predictions or more in a picture");
  return Verdict::yes();
}

Prepared prepare(const KernelQuery& query) {
  const YoloGrid grid = yolo_grid(query);
  const size_t bytes = static_cast<size_t>(grid.predictions()) * sizeof(YoloBox<float>) +
                       static_cast<size_t>(blocks_for(grid) * kSums) * sizeof(float) +
                       static_cast<size_t>(grid.batch) * sizeof(int32_t);
  return {.state = std::make_shared<YoloGrid>(grid), .workspace_bytes = bytes};
}

}  // namespace

std::span<const KernelImpl> yolo_loss_impls() {
  static const KernelImpl impls[] = {{"yolo_loss", kDevice, "warps", accepts, prepare, launch_warps}};
  return impls;
}

}  // namespace lamina::SIMT_BACKEND
