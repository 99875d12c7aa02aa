// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/kernel_interface.h"

#include <algorithm>

#include "core/runtime/sim/block_runner.h"
#include "core/runtime/sim/checker.h"

namespace lamina::simt {

unsigned thread_x() { return current_thread->index.x; }
unsigned thread_y() { return current_thread->index.y; }
unsigned thread_z() { return current_thread->index.z; }
unsigned block_x() { return current_runner->block_index().x; }
unsigned block_y() { return current_runner->block_index().y; }
unsigned block_z() { return current_runner->block_index().z; }
unsigned block_size_x() { return current_runner->launch().call.block.x; }
unsigned block_size_y() { return current_runner->launch().call.block.y; }
unsigned block_size_z() { return current_runner->launch().call.block.z; }
unsigned grid_size_x() { return current_runner->launch().call.grid.x; }
unsigned grid_size_y() { return current_runner->launch().call.grid.y; }
unsigned grid_size_z() { return current_runner->launch().call.grid.z; }
unsigned lane_index() { return static_cast<unsigned>(current_thread->lane()); }
void* dynamic_shared() { return current_runner->shared_arena().data(); }

int block_barrier(BarrierVote vote, int predicate, Where where) {
  return current_runner->barrier(false, vote, predicate, where);
}

void grid_barrier(Where where) {
  if (!current_runner->launch().call.cooperative) {
    current_runner->record(FaultKind::deadlock, Site(where), "grid_sync needs a cooperative launch");
    current_runner->leave_after_fault();
  }
  current_runner->barrier(true, BarrierVote::none, 0, where);
}

void warp_barrier(unsigned mask, Where where) { current_runner->collective(mask, nullptr, nullptr, where); }

void warp_collective(unsigned mask, void* lane_data, WarpCombine combine, Where where) {
  current_runner->collective(mask, lane_data, combine, where);
}

// --- collectives on numbers ---

namespace {

struct ShuffleLane {
  uint64_t value;
  int source;
  uint64_t result;
  bool absent;
};

struct VoteLane {
  bool predicate;
  unsigned result;
};

struct ReduceLane {
  int64_t value;
  int64_t result;
};

template <class Lane, class Fn>
void for_present(void* const* lanes, unsigned present, Fn fn) {
  for (unsigned lane = 0; lane < 32; ++lane) {
    if (present >> lane & 1) fn(lane, *static_cast<Lane*>(lanes[lane]));
  }
}

void combine_shuffle(void* const* lanes, unsigned present) {
  for_present<ShuffleLane>(lanes, present, [&](unsigned, ShuffleLane& lane) {
    const auto* source = static_cast<const ShuffleLane*>(lanes[lane.source]);
    lane.absent = source == nullptr;
    lane.result = source ? source->value : 0;
  });
}

void combine_ballot(void* const* lanes, unsigned present) {
  unsigned ballot = 0;
  for_present<VoteLane>(lanes, present,
                        [&](unsigned index, VoteLane& lane) { ballot |= unsigned{lane.predicate} << index; });
  for_present<VoteLane>(lanes, present, [&](unsigned, VoteLane& lane) { lane.result = ballot; });
}

template <WarpReduction kReduction>
void combine_reduce(void* const* lanes, unsigned present) {
  int64_t total = 0;
  bool first = true;
  for_present<ReduceLane>(lanes, present, [&](unsigned, ReduceLane& lane) {
    if (first) {
      total = lane.value;
    } else if constexpr (kReduction == WarpReduction::add) {
      total += lane.value;
    } else if constexpr (kReduction == WarpReduction::min) {
      total = std::min(total, lane.value);
    } else {
      total = std::max(total, lane.value);
    }
    first = false;
  });
  for_present<ReduceLane>(lanes, present, [&](unsigned, ReduceLane& lane) { lane.result = total; });
}

}  // namespace

uint64_t warp_shuffle(unsigned mask, uint64_t value, int source_lane, Where where) {
  ShuffleLane mine{value, source_lane, 0, false};
  current_runner->collective(mask, &mine, combine_shuffle, where);
  if (mine.absent) {
    current_runner->record(FaultKind::divergent_collective, Site(where),
                           "reads lane " + std::to_string(source_lane) + ", which takes no part");
  }
  return mine.result;
}

unsigned warp_ballot(unsigned mask, bool predicate, Where where) {
  VoteLane mine{predicate, 0};
  current_runner->collective(mask, &mine, combine_ballot, where);
  return mine.result;
}

int64_t warp_reduce(unsigned mask, WarpReduction reduction, int64_t value, Where where) {
  ReduceLane mine{value, 0};
  const WarpCombine combine = reduction == WarpReduction::add   ? combine_reduce<WarpReduction::add>
                              : reduction == WarpReduction::min ? combine_reduce<WarpReduction::min>
                                                                : combine_reduce<WarpReduction::max>;
  current_runner->collective(mask, &mine, combine, where);
  return mine.result;
}

// --- flags and fences ---

void thread_fence() {
  if (BlockChecker* checker = current_runner->checker()) checker->fence();
}

void wait_until(const void* flag, bool (*ready)(const void*, const void*), const void* closure, Where where) {
  Thread* const self = current_thread;
  current_thread = nullptr;  // the predicate is looked at by the simulator, not by the kernel
  const bool holds = ready(flag, closure);
  current_thread = self;
  if (!holds) current_runner->poll(flag, ready, closure, where);
  if (BlockChecker* checker = current_runner->checker()) checker->acquire(flag, where);
}

// --- asynchronous copies ---

void async_copy(void* to_shared, const void* from_global, int bytes, int valid, Where where) {
  const AsyncCopy copy{static_cast<std::byte*>(to_shared), static_cast<const std::byte*>(from_global), bytes, valid,
                       where};
  if (BlockChecker* checker = current_runner->checker()) checker->issue(copy);
  current_thread->copies.issue(copy);
}

void async_copy_commit() { current_thread->copies.commit(); }

void async_copy_wait(int groups_left) {
  BlockChecker* const checker = current_runner->checker();
  current_thread->copies.wait(groups_left, [&](const AsyncCopy& copy) {
    if (checker) checker->land(copy);
  });
}

void note_read(const void* at, int bytes, Where where) {
  if (BlockChecker* checker = current_runner->checker()) {
    checker->access(reinterpret_cast<uintptr_t>(at), static_cast<size_t>(bytes), AccessKind::read,
                    checker->site_of(where), true);
  }
}

void note_atomic(const void* at, int bytes, Where where) {
  if (BlockChecker* checker = current_runner->checker()) {
    checker->access(reinterpret_cast<uintptr_t>(at), static_cast<size_t>(bytes), AccessKind::atomic_update,
                    checker->site_of(where), true);
    checker->publish(at);
  }
}

void assertion_failed(const char* condition, Where where) {
  current_runner->record(FaultKind::assertion, Site(where), condition);
  current_runner->leave_after_fault();
}

}  // namespace lamina::simt
