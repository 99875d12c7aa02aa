// SPDX-License-Identifier: Apache-2.0
// non_max_suppression: the best candidate is kept and suppresses what overlaps it, round after round.
// Mapping   block b takes the tasks (a picture and a class) b, b + blocks, ...; thread t of it owns the boxes t, t + 256, ...
//           It writes the keys of its candidates one behind another, and each round goes once through what is left of them:
//           it drops those that the box kept last suppresses, closes the gaps and remembers its best. Nothing is sorted: with
//           K rounds both ways hold every candidate to every kept box.
// Shared    the best key of each of 8 warps, twice, so that a round may begin while the last is read: 128 bytes.
// Workspace 8 bytes per box and block; the blocks are bounded, so it does not grow with batch and classes.
// Barriers  one per round.
// Needs     f32.
// Bound     memory while candidates are collected (scores of one class lie C apart, and come from L2 for all but one of the
//           classes), then the latency of the rounds.
#include <algorithm>

#include "core/simt/simt.h"
#include "kernels/non_max_suppression/candidates.h"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;
constexpr int64_t kMaxBlocks = 132 * 2;  // fills a large GPU

struct RoundsArgs {
  SuppressionGeometry geometry;
  const float* boxes;
  const float* scores;
  int32_t* indices;
  int32_t* counts;
  uint64_t* keys;  // `keys_per_block` for each block
  int64_t keys_per_block;
};

// The largest key of the block, 0 where none has one. `best` must not be in use by a thread of the block.
__device__ inline uint64_t largest_of_block(uint64_t key, uint64_t* best) {
  for (int lanes = 16; lanes > 0; lanes /= 2) key = std::max(key, __shfl_xor_sync(0xffffffffu, key, lanes));
  if (threadIdx.x % 32 == 0) best[threadIdx.x / 32] = key;
  __syncthreads();
  for (int warp = 0; warp < kWarps; ++warp) key = std::max(key, best[warp]);
  return key;
}

__global__ void non_max_suppression_rounds_kernel(const __grid_constant__ RoundsArgs args) {
  __shared__ uint64_t best[2][kWarps];
  const SuppressionGeometry& g = args.geometry;
  const auto threshold = static_cast<float>(g.score_threshold);
  // Each kThreads-th of them.
  uint64_t* const mine = args.keys + blockIdx.x * args.keys_per_block + threadIdx.x;
  unsigned rounds = 0;  // of all tasks
  for (int64_t task = blockIdx.x; task < g.tasks; task += gridDim.x) {
    const float* const boxes = args.boxes + task / g.classes * g.boxes * 4;
    const float* const scores = args.scores + task / g.classes * g.boxes * g.classes + task % g.classes;
    int32_t* const indices = args.indices + task * g.most;

    int64_t candidates = 0;
    uint64_t my_best = 0;
    for (int64_t box = threadIdx.x; box < g.boxes; box += kThreads) {
      const float score = scores[box * g.classes];
      if (!(score >= threshold)) continue;
      const uint64_t key = candidate_key(score, box);
      mine[candidates++ * kThreads] = key;
      my_best = std::max(my_best, key);
    }

    int64_t kept = 0;
    for (; kept < g.most; ++kept) {
      const uint64_t winner = largest_of_block(my_best, best[rounds++ % 2]);
      if (winner == 0) break;
      const BoxEdges<float> edges = edges_of(boxes, box_of_key(winner));
      if (threadIdx.x == 0) indices[kept] = box_of_key(winner);
      int64_t left = 0;
      my_best = 0;
      for (int64_t i = 0; i < candidates; ++i) {
        const uint64_t key = mine[i * kThreads];
        if (key == winner || overlap_exceeds(edges, edges_of(boxes, box_of_key(key)), g.iou_threshold)) continue;
        mine[left++ * kThreads] = key;
        my_best = std::max(my_best, key);
      }
      candidates = left;
    }
    for (int64_t i = kept + threadIdx.x; i < g.most; i += kThreads) indices[i] = -1;
    if (threadIdx.x == 0) args.counts[task] = static_cast<int32_t>(kept);
  }
}

struct RoundsState {
  SuppressionGeometry geometry;
  int64_t blocks = 0;
  int64_t keys_per_block = 0;
};

Prepared prepare_rounds(const KernelQuery& query) {
  RoundsState state;
  state.geometry = suppression_geometry(query.in_extents(1), query.attributes.get<NonMaxSuppressionAttributes>());
  state.blocks = std::min(state.geometry.tasks, kMaxBlocks);
  state.keys_per_block = (state.geometry.boxes + kThreads - 1) / kThreads * kThreads;
  return {.state = std::make_shared<RoundsState>(state),
          .workspace_bytes = static_cast<size_t>(state.blocks * state.keys_per_block) * sizeof(uint64_t)};
}

void launch_rounds(KernelContext& context) {
  const auto& [geometry, blocks, keys_per_block] = context.state_as<RoundsState>();
  const RoundsArgs args{geometry,
                        context.inputs[0].as<float>(),
                        context.inputs[1].as<float>(),
                        context.outputs[0].as<int32_t>(),
                        context.outputs[1].as<int32_t>(),
                        static_cast<uint64_t*>(context.workspace),
                        keys_per_block};
  launch<non_max_suppression_rounds_kernel>(context.stream, dim3(static_cast<unsigned>(blocks)), dim3(kThreads), 0, args);
}

Verdict accepts_rounds(const KernelQuery& query) {
  return query.in(0) == DType::f32 ? Verdict::yes() : Verdict::no(text("needs f32, got ", query.in(0)));
}

}  // namespace

std::span<const KernelImpl> non_max_suppression_impls() {
  static const KernelImpl impls[] = {{"non_max_suppression", kDevice, "rounds", accepts_rounds, prepare_rounds, launch_rounds}};
  return impls;
}

}  // namespace lamina::SIMT_BACKEND
