// SPDX-License-Identifier: Apache-2.0
// Where threads of a block wait for each other: barriers, warp collectives, flags, and the report when none can go on.
#include <bit>

#include "core/base/text.h"
#include "core/runtime/sim/block_runner.h"
#include "core/runtime/sim/checker.h"

namespace lamina::simt {

// --- barriers ---

int BlockRunner::barrier(bool of_grid, BarrierVote vote, int predicate, Where where) {
  Thread& self = *current_thread;
  self.where = where;
  if (barrier_.arrived == 0) {
    barrier_.first = self.linear;
    barrier_.of_grid = of_grid;
  } else if (!barrier_.divergent && !same_location(where, first_at_barrier().where)) {
    barrier_.divergent = self.linear;
  }
  barrier_.yes += predicate != 0;
  ++barrier_.arrived;
  if (barrier_.arrived == live_ && !barrier_.of_grid) {
    self.state = ThreadState::at_barrier;
    complete_barrier();
  }
  suspend(self.state == ThreadState::ready ? ThreadState::ready : ThreadState::at_barrier);
  switch (vote) {
    case BarrierVote::all:
      return passed_yes_ == passed_live_;
    case BarrierVote::any:
      return passed_yes_ > 0;
    case BarrierVote::count:
      return passed_yes_;
    case BarrierVote::none:
      break;
  }
  return 0;
}

// Everyone that is left has arrived. A wrong barrier is recorded and passed, as the device may.
void BlockRunner::complete_barrier() {
  const Thread& first = first_at_barrier();
  if (barrier_.divergent) {
    const Thread& second = threads_[static_cast<size_t>(*barrier_.divergent)];
    record({FaultKind::divergent_barrier, place(first, Site(first.where)), place(second, Site(second.where)),
            "threads of the block meet at different barriers"});
  } else if (left_early_) {
    const uint3 gone = threads_[static_cast<size_t>(*left_early_)].index;
    record({FaultKind::missing_barrier, place(first, Site(first.where)), std::nullopt,
            text("thread (", gone.x, ",", gone.y, ",", gone.z, ") has left the kernel without this barrier")});
  }
  wrong_barrier_ = wrong_barrier_ || barrier_.divergent || left_early_;
  passed_yes_ = barrier_.yes;
  passed_live_ = live_;
  barrier_ = {};
  if (checker_) checker_->pass_block_barrier();
  for (int linear = 0; linear < thread_count_; ++linear) {
    Thread& thread = threads_[static_cast<size_t>(linear)];
    if (thread.state == ThreadState::at_barrier) make_ready(thread);
  }
}

// --- warp collectives ---

void BlockRunner::collective(unsigned mask, void* lane_data, WarpCombine combine, Where where) {
  Thread& self = *current_thread;
  Warp& warp = warps_[static_cast<size_t>(self.warp())];
  const unsigned bit = 1u << self.lane();
  self.where = where;
  self.lane_data = lane_data;
  if (!(mask & bit)) {
    record(FaultKind::divergent_collective, Site(where), text("lane ", self.lane(), " is not in its own mask"));
    leave_after_fault();
  }
  int found = -1;
  for (int group = 0; group < warp.group_count && found < 0; ++group) {
    const Group& waiting = warp.groups[static_cast<size_t>(group)];
    if (!(waiting.mask & bit)) continue;
    if (waiting.mask == mask && waiting.combine == combine && same_location(waiting.where, where)) {
      found = group;
    } else if (waiting.arrived & mask) {  // this lane would wait for lanes that wait for it
      const Thread& other = threads_[static_cast<size_t>(self.warp() * 32 + std::countr_zero(waiting.arrived))];
      record(FaultKind::divergent_collective, Site(where),
             "lanes that wait for each other meet at different collectives", place(other, Site(other.where)));
      leave_after_fault();
    }
  }
  if (found < 0) {
    found = warp.group_count++;
    warp.groups[static_cast<size_t>(found)] = {mask, 0, combine, where};
  }
  Group& group = warp.groups[static_cast<size_t>(found)];
  group.arrived |= bit;
  self.state = ThreadState::in_collective;
  if (group.arrived == (mask & warp.live)) complete_group(warp, found);
  suspend(self.state);
}

void BlockRunner::complete_group(Warp& warp, int index) {
  const Group group = warp.groups[static_cast<size_t>(index)];
  warp.groups[static_cast<size_t>(index)] = warp.groups[static_cast<size_t>(--warp.group_count)];
  Thread* const first_lane = &threads_[static_cast<size_t>((&warp - warps_.data()) * 32)];
  Thread* const caller = current_thread;
  current_thread = nullptr;  // what `combine` touches are the fibers' own stacks: no access of a kernel
  if (group.combine) {
    void* lanes[32] = {};
    for (unsigned left = group.arrived; left; left &= left - 1) {
      lanes[std::countr_zero(left)] = first_lane[std::countr_zero(left)].lane_data;
    }
    group.combine(lanes, group.arrived);
  } else if (checker_) {
    checker_->pass_warp_barrier(static_cast<int>(&warp - warps_.data()), group.arrived);
  }
  current_thread = caller;
  for (unsigned left = group.arrived; left; left &= left - 1) make_ready(first_lane[std::countr_zero(left)]);
}

// --- flags ---

void BlockRunner::poll(const void* flag, bool (*ready)(const void*, const void*), const void* closure, Where where) {
  Thread& self = *current_thread;
  self.where = where;
  self.flag = flag;
  self.flag_ready = ready;
  self.flag_closure = closure;
  ++polling_;
  suspend(ThreadState::polling);
}

bool BlockRunner::wake_pollers() {
  bool woken = false;
  for (int linear = 0; polling_ > 0 && linear < thread_count_; ++linear) {
    Thread& thread = threads_[static_cast<size_t>(linear)];
    if (thread.state != ThreadState::polling || !thread.flag_ready(thread.flag, thread.flag_closure)) continue;
    --polling_;
    make_ready(thread);
    woken = true;
  }
  return woken;
}

// --- nobody can go on ---

void BlockRunner::report_stall() {
  for (int index = 0; index * 32 < thread_count_; ++index) {
    const Warp& warp = warps_[static_cast<size_t>(index)];
    if (warp.group_count == 0) continue;
    const Group& group = warp.groups[0];
    const Thread& waiting = threads_[static_cast<size_t>(index * 32 + std::countr_zero(group.arrived))];
    const Thread& missing =
        threads_[static_cast<size_t>(index * 32 + std::countr_zero(group.mask & warp.live & ~group.arrived))];
    record({FaultKind::divergent_collective, place(waiting, Site(waiting.where)), place(missing, Site(missing.where)),
            "a lane of the mask waits elsewhere"});
    return;
  }
  for (int linear = 0; linear < thread_count_; ++linear) {
    const Thread& thread = threads_[static_cast<size_t>(linear)];
    if (thread.state == ThreadState::polling) {
      record({FaultKind::deadlock, place(thread, Site(thread.where)), std::nullopt, "the flag is never set"});
      return;
    }
  }
}

}  // namespace lamina::simt
