// SPDX-License-Identifier: Apache-2.0
// Suppression on the host: `heap` deals pictures and classes to the threads and takes the candidates of each from a heap, the
// best first, as long as boxes are wanted; the reference looks for the best candidate again and again.
#include <algorithm>
#include <vector>

#include "kernels/non_max_suppression/candidates.h"

namespace lamina {
namespace {

// One picture and one class of it.
template <class T>
struct Task {
  const T* boxes;   // (B, 4)
  const T* scores;  // B of them, `classes` apart
  int32_t* indices;
  int32_t* count;
};

template <class T>
Task<T> task_at(const KernelContext& context, const SuppressionGeometry& g, int64_t task) {
  const int64_t picture = task / g.classes;
  return {.boxes = context.inputs[0].as<T>() + picture * g.boxes * 4,
          .scores = context.inputs[1].as<T>() + picture * g.boxes * g.classes + task % g.classes,
          .indices = context.outputs[0].as<int32_t>() + task * g.most,
          .count = context.outputs[1].as<int32_t>() + task};
}

// The best boxes of a task; `keys` has room for all of them.
void keep_best(const SuppressionGeometry& g, const Task<float>& task, uint64_t* keys) {
  const auto threshold = static_cast<float>(g.score_threshold);
  int64_t candidates = 0;
  for (int64_t box = 0; box < g.boxes; ++box) {
    const float score = task.scores[box * g.classes];
    if (score >= threshold) keys[candidates++] = candidate_key(score, box);
  }
  std::make_heap(keys, keys + candidates);
  int64_t kept = 0;
  while (candidates > 0 && kept < g.most) {
    std::pop_heap(keys, keys + candidates);
    const int32_t box = box_of_key(keys[--candidates]);
    const BoxEdges<float> edges = edges_of(task.boxes, box);
    const bool suppressed = std::any_of(task.indices, task.indices + kept, [&](int32_t better) {
      return overlap_exceeds(edges_of(task.boxes, better), edges, g.iou_threshold);
    });
    if (!suppressed) task.indices[kept++] = box;
  }
  std::fill(task.indices + kept, task.indices + g.most, -1);
  *task.count = static_cast<int32_t>(kept);
}

// Every `slots`-th task shares a part of the workspace, so that its size does not grow with the batch.
struct HeapState {
  SuppressionGeometry geometry;
  int64_t slots = 1;
};

Prepared prepare_heap(const KernelQuery& query) {
  HeapState state;
  state.geometry = suppression_geometry(query.in_extents(1), query.attributes.get<NonMaxSuppressionAttributes>());
  state.slots = std::clamp<int64_t>(state.geometry.tasks, 1, std::max(query.threads, 1));
  return {.state = std::make_shared<HeapState>(state),
          .workspace_bytes = static_cast<size_t>(state.slots * state.geometry.boxes) * sizeof(uint64_t)};
}

void launch_heap(KernelContext& context) {
  const auto& [g, slots] = context.state_as<HeapState>();
#pragma omp parallel for schedule(static, 1)
  for (int64_t slot = 0; slot < slots; ++slot) {
    uint64_t* const keys = static_cast<uint64_t*>(context.workspace) + slot * g.boxes;
    for (int64_t task = slot; task < g.tasks; task += slots) keep_best(g, task_at<float>(context, g, task), keys);
  }
}

template <class T>
void run_reference(KernelContext& context) {
  const SuppressionGeometry g =
      suppression_geometry(context.inputs[1].extents, context.attributes.get<NonMaxSuppressionAttributes>());
  const T threshold = static_cast<T>(g.score_threshold);
  for (int64_t index = 0; index < g.tasks; ++index) {
    const Task<T> task = task_at<T>(context, g, index);
    std::vector<bool> candidate(static_cast<size_t>(g.boxes));
    for (int64_t box = 0; box < g.boxes; ++box) candidate[static_cast<size_t>(box)] = task.scores[box * g.classes] >= threshold;
    std::fill_n(task.indices, g.most, -1);
    *task.count = 0;
    while (*task.count < g.most) {
      int64_t best = -1;
      for (int64_t box = 0; box < g.boxes; ++box) {
        const bool better = best < 0 || task.scores[box * g.classes] > task.scores[best * g.classes];
        if (candidate[static_cast<size_t>(box)] && better) best = box;
      }
      if (best < 0) break;
      task.indices[(*task.count)++] = static_cast<int32_t>(best);
      for (int64_t box = 0; box < g.boxes; ++box) {
        const bool suppressed = overlap_exceeds(edges_of(task.boxes, best), edges_of(task.boxes, box), g.iou_threshold);
        if (box == best || suppressed) candidate[static_cast<size_t>(box)] = false;
      }
    }
  }
}

void launch_reference(KernelContext& context) {
  if (context.inputs[0].dtype == DType::f64) return run_reference<double>(context);
  run_reference<float>(context);
}

Verdict accepts_heap(const KernelQuery& query) {
  if (query.in(0) == DType::f64) return Verdict::no("f64 is the reference's");
  return Verdict::yes();
}
Verdict accepts_reference(const KernelQuery&) { return Verdict::yes(); }

}  // namespace

namespace cpu {

std::span<const KernelImpl> non_max_suppression_impls() {
  static const KernelImpl impls[] = {
      {"non_max_suppression", DeviceKind::cpu, "heap", accepts_heap, prepare_heap, launch_heap},
      {"non_max_suppression", DeviceKind::cpu, "reference", accepts_reference, nullptr, launch_reference},
  };
  return impls;
}

}  // namespace cpu
}  // namespace lamina
