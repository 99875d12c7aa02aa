// SPDX-License-Identifier: Apache-2.0
// The YOLO loss of one scale with its gradient, in f32, as three kernels.
// boxes     block n gathers the true boxes of picture n: each of 256 threads counts in a stretch of predictions of its own, and
//           writes behind those before it, so that the boxes keep their order.
// elements  one warp per prediction, 8 a block: its lanes share the true boxes and the classes; lane 0 has box and objectness.
// sums      one warp per sum adds the partial sums of the blocks, in f64 and in a fixed order.
// Shared    boxes: 257 counts; elements: 8 x 6 sums.     Barriers  boxes: two; elements: one.
// Workspace true boxes (N, predictions, 4) f32, their numbers (N) i32, partial sums (blocks, 6) f32.
// Needs     raw f32, bf16 or f16.     Bound  memory with many classes, else the reading of true boxes from the cache.
#include "core/simt/simt.h"
#include "kernels/device/typed_memory.cuh"
#include "kernels/yolo_loss/yolo_loss_element.h"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;

struct YoloArgs {
  YoloScale scale;
  Operand raw;
  const float* truth;
  RelativeBox<float>* boxes;  // (batch, predictions)
  int32_t* box_counts;        // (batch)
  float* partials;            // (blocks, kYoloSums)
  int64_t blocks;
  float* terms;
  float* counts;
  Result gradient;
};

__global__ void yolo_boxes_kernel(const __grid_constant__ YoloArgs args) {
  __shared__ int32_t before[kThreads + 1];
  const YoloScale& s = args.scale;
  const int64_t all = s.predictions(), share = (all + kThreads - 1) / kThreads, picture = blockIdx.x;
  const int64_t begin = static_cast<int64_t>(threadIdx.x) * share, end = begin + share < all ? begin + share : all;
  const float* const truth = args.truth + picture * all * s.channels();
  int32_t mine = 0;
  for (int64_t i = begin; i < end; ++i) mine += truth[i * s.channels() + 4] != 0.0f;
  before[threadIdx.x + 1] = mine;
  __syncthreads();
  if (threadIdx.x == 0) {
    before[0] = 0;
    for (int i = 0; i < kThreads; ++i) before[i + 1] += before[i];
    args.box_counts[picture] = before[kThreads];
  }
  __syncthreads();
  RelativeBox<float>* to = args.boxes + picture * all + before[threadIdx.x];
  for (int64_t i = begin; i < end; ++i) {
    const float* const t = truth + i * s.channels();
    if (t[4] != 0.0f) *to++ = {t[0], t[1], t[2], t[3]};
  }
}

// Whether any lane of the warp finds a true box that the prediction overlaps enough.
__device__ inline bool seen_by_warp(const YoloArgs& args, int64_t picture, const RelativeBox<float>& predicted, int lane) {
  const RelativeBox<float>* const boxes = args.boxes + picture * args.scale.predictions();
  bool seen = false;
  for (int32_t i = lane; i < args.box_counts[picture]; i += 32) {
    seen = seen || overlap_of(predicted, boxes[i]) >= static_cast<float>(args.scale.ignore_threshold);
  }
  return __any_sync(0xffffffffu, seen) != 0;
}

// Adds the classes of the prediction over the warp and writes their gradient.
__device__ inline float classes_by_warp(const YoloArgs& args, int64_t first, float object, int lane) {
  float sum = 0;
  for (int64_t c = 5 + lane; c < args.scale.channels(); c += 32) {
    const float score = load_as<float>(args.raw, first + c), label = args.truth[first + c];
    sum += object != 0.0f ? object * cross_entropy(score, label) : 0.0f * score;
    store_as(args.gradient, first + c, object != 0.0f ? object * (sigmoid_of(score) - label) : 0.0f);
  }
  for (int lanes = 16; lanes > 0; lanes /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, lanes);
  return sum;
}

__global__ void yolo_elements_kernel(const __grid_constant__ YoloArgs args) {
  __shared__ float sums[kWarps][kYoloSums];
  const YoloScale& s = args.scale;
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const int64_t prediction = static_cast<int64_t>(blockIdx.x) * kWarps + warp;
  if (prediction < s.batch * s.predictions()) {
    const int64_t picture = prediction / s.predictions(), cell = prediction % s.predictions() / s.anchors, first = prediction * s.channels();
    const YoloPlace at{cell / s.columns, cell % s.columns, prediction % s.anchors};
    float p[5], t[5];
    for (int i = 0; i < 5; ++i) p[i] = load_as<float>(args.raw, first + i), t[i] = args.truth[first + i];
    const bool seen = seen_by_warp(args, picture, predicted_box<float>(s, at, p[0], p[1], p[2], p[3]), lane);
    const float classes = classes_by_warp(args, first, t[4], lane);
    if (lane == 0) {
      YoloElement<float> e = yolo_element(s, at, p, t, seen);
      e.sums[3] = classes;
      for (int i = 0; i < kYoloSums; ++i) sums[warp][i] = e.sums[i];
      for (int i = 0; i < 5; ++i) store_as(args.gradient, first + i, e.gradient[i]);
    }
  } else if (lane == 0) {
    for (int i = 0; i < kYoloSums; ++i) sums[warp][i] = 0;
  }
  __syncthreads();
  if (threadIdx.x < kYoloSums) {
    float sum = 0;
    for (int i = 0; i < kWarps; ++i) sum += sums[i][threadIdx.x];
    args.partials[static_cast<int64_t>(blockIdx.x) * kYoloSums + threadIdx.x] = sum;
  }
}

__global__ void yolo_sums_kernel(const __grid_constant__ YoloArgs args) {
  const int lane = static_cast<int>(threadIdx.x) % 32, which = static_cast<int>(threadIdx.x) / 32;
  double sum = 0;
  for (int64_t block = lane; block < args.blocks; block += 32) sum += static_cast<double>(args.partials[block * kYoloSums + which]);
  for (int lanes = 16; lanes > 0; lanes /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, lanes);
  if (lane == 0) (which < kYoloTerms ? args.terms[which] : args.counts[which - kYoloTerms]) = static_cast<float>(sum);
}

struct State {
  YoloScale scale;
  int64_t blocks;
  size_t counts_at, partials_at;  // in the workspace, behind the boxes
};

Prepared prepare(const KernelQuery& query) {
  const YoloScale scale = yolo_scale(query);
  const int64_t predictions = scale.batch * scale.predictions();
  const auto state = std::make_shared<State>(State{scale, (predictions + kWarps - 1) / kWarps, 0, 0});
  state->counts_at = static_cast<size_t>(predictions) * sizeof(RelativeBox<float>);
  state->partials_at = state->counts_at + static_cast<size_t>(scale.batch) * sizeof(int32_t);
  const size_t bytes = state->partials_at + static_cast<size_t>(state->blocks * kYoloSums) * sizeof(float);
  return {.state = state, .workspace_bytes = bytes};
}

void launch_warps(KernelContext& context) {
  const auto& state = context.state_as<State>();
  auto* const workspace = static_cast<unsigned char*>(context.workspace);
  const YoloArgs args{state.scale,
                      {context.inputs[0].data, context.inputs[0].dtype},
                      context.inputs[1].as<float>(),
                      reinterpret_cast<RelativeBox<float>*>(workspace),
                      reinterpret_cast<int32_t*>(workspace + state.counts_at),
                      reinterpret_cast<float*>(workspace + state.partials_at),
                      state.blocks,
                      context.outputs[0].as<float>(),
                      context.outputs[1].as<float>(),
                      {context.outputs[2].data, context.outputs[2].dtype}};
  if (state.blocks > 0) {
    launch<yolo_boxes_kernel>(context.stream, dim3(static_cast<unsigned>(state.scale.batch)), dim3(kThreads), 0, args);
    launch<yolo_elements_kernel>(context.stream, dim3(static_cast<unsigned>(state.blocks)), dim3(kThreads), 0, args);
  }
  launch<yolo_sums_kernel>(context.stream, dim3(1), dim3(32 * kYoloSums), 0, args);
}

Verdict accepts(const KernelQuery& query) {
  if (query.in(0) == DType::f64) return Verdict::no("f64 is for the reference on cpu");
  return Verdict::yes();
}

}  // namespace

std::span<const KernelImpl> yolo_loss_impls() {
  static const KernelImpl impls[] = {{"yolo_loss", kDevice, "warps", accepts, prepare, launch_warps}};
  return impls;
}

}  // namespace lamina::SIMT_BACKEND
