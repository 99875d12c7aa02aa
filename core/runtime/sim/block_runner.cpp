// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/block_runner.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "core/base/check.h"
#include "core/runtime/sim/checker.h"

namespace lamina::simt {

thread_local constinit Thread* current_thread = nullptr;
thread_local constinit BlockRunner* current_runner = nullptr;

BlockRunner& BlockRunner::of_this_thread() {
  static thread_local BlockRunner runner;
  return runner;
}

void BlockRunner::begin(Launch& launch, uint64_t block) {
  const dim3& grid = launch.call.grid;
  const dim3& shape = launch.call.block;
  launch_ = &launch;
  block_ = block;
  block_index_ = {static_cast<unsigned>(block % grid.x), static_cast<unsigned>(block / grid.x % grid.y),
                  static_cast<unsigned>(block / grid.x / grid.y)};
  thread_count_ = live_ = static_cast<int>(shape.count());
  left_early_.reset();
  random_ = launch.options.seed ? (launch.options.seed * 0x9e3779b97f4a7c15u) ^ ((block + 1) * 0xd1b54a32d192ed03u) : 0;
  barrier_ = {};
  ready_.clear();
  ready_front_ = 0;
  polling_ = 0;
  started_ = 0;

  uint3 index{0, 0, 0};
  for (int linear = 0; linear < thread_count_; ++linear) {
    Thread& thread = threads_[static_cast<size_t>(linear)];
    thread.index = index;
    if (++index.x == shape.x) {
      index.x = 0;
      if (++index.y == shape.y) index = {0, 0, index.z + 1};
    }
    thread.linear = linear;
    thread.state = ThreadState::unstarted;
    thread.copies.reset();
  }
  for (int warp = 0; warp * 32 < thread_count_; ++warp) {
    const int lanes = std::min(32, thread_count_ - warp * 32);
    warps_[static_cast<size_t>(warp)].live = lanes == 32 ? ~0u : (1u << lanes) - 1;
    warps_[static_cast<size_t>(warp)].group_count = 0;
  }
  start_order_.resize(static_cast<size_t>(thread_count_));
  std::iota(start_order_.begin(), start_order_.end(), 0);
  if (random_) {
    for (size_t left = start_order_.size(); left > 1; --left) std::swap(start_order_[left - 1], start_order_[random() % left]);
  }
  shared_arena_.begin_block(launch.call.shared_bytes);
  current_runner = this;
  checker_ = launch.checker ? &BlockChecker::of_this_thread() : nullptr;
  if (checker_) checker_->begin(*launch.checker, *this);
}

void BlockRunner::end() {
  if (checker_) checker_->end();
  stacks_.release_all();
  current_runner = nullptr;
}

uint64_t BlockRunner::random() {  // xorshift64*
  random_ ^= random_ >> 12;
  random_ ^= random_ << 25;
  random_ ^= random_ >> 27;
  return (random_ * 0x2545f4914f6cdd1du) >> 33;
}

BlockRunner::Status BlockRunner::run() {
  progress_ = false;
  for (;;) {
    if (Thread* next = next_thread()) {
      progress_ = true;
      prepare(*next);
      go_to(*next, main_, false);
    } else if (live_ == 0) {
      return Status::finished;
    } else if (barrier_.arrived == live_ && barrier_.of_grid) {
      return Status::at_grid_barrier;
    } else if (!wake_pollers()) {
      return Status::stalled;
    }
  }
}

void BlockRunner::abandon() {
  for (int linear = 0; linear < thread_count_; ++linear) threads_[static_cast<size_t>(linear)].state = ThreadState::done;
  live_ = 0;
}

// --- the order of threads ---

Thread* BlockRunner::start_next() {
  return started_ < thread_count_ ? &threads_[static_cast<size_t>(start_order_[static_cast<size_t>(started_++)])] : nullptr;
}

// A ready thread before a fresh one: a warp then runs through its collectives with 32 stacks in use, not with all.
Thread* BlockRunner::next_thread() {
  if (ready_front_ == ready_.size()) {
    ready_.clear();
    ready_front_ = 0;
    return start_next();
  }
  if (!random_) return ready_[ready_front_++];
  if (started_ < thread_count_ && (random() & 1)) return start_next();
  std::swap(ready_[random() % ready_.size()], ready_.back());
  Thread* next = ready_.back();
  ready_.pop_back();
  return next;
}

void BlockRunner::make_ready(Thread& thread) {
  thread.state = ThreadState::ready;
  ready_.push_back(&thread);
}

void BlockRunner::prepare(Thread& thread) {
  if (thread.state != ThreadState::unstarted) return;
  thread.stack = stacks_.acquire();
  if (checker_) stacks_.set_mark(thread.stack);
  thread.context = stacks_.make_context(thread.stack, fiber_main);
}

void BlockRunner::go_to(Thread& next, FiberContext& from, bool last) {
  next.state = ThreadState::running;
  current_thread = &next;
  switch_fiber(from, next.context, last);
}

void BlockRunner::suspend(ThreadState why) {
  Thread& self = *current_thread;
  self.state = why;
  Thread* next = next_thread();
  if (next == &self) {
    self.state = ThreadState::running;
  } else if (next) {
    prepare(*next);
    go_to(*next, self.context, false);
  } else {
    current_thread = nullptr;
    switch_fiber(self.context, main_);
  }
}

// One fiber runs fresh threads one after another on its stack until one of them waits.
void BlockRunner::fiber_main() {
  BlockRunner& runner = *current_runner;
  for (;;) {
    runner.launch_->call.invoke(runner.launch_->call.arguments);
    Thread& self = *current_thread;
    runner.retire(false);
    if (runner.ready_front_ != runner.ready_.size()) runner.switch_for_good();
    Thread* next = runner.start_next();
    if (!next) runner.switch_for_good();
    next->stack = self.stack;
    next->context = self.context;
    next->state = ThreadState::running;
    current_thread = next;
  }
}

void BlockRunner::retire(bool faulted) {
  Thread& self = *current_thread;
  if (checker_ && stacks_.mark_is_lost(self.stack)) {
    stacks_.set_mark(self.stack);
    record(FaultKind::stack_overflow, Site(),
           text("local variables need more than ", StackPool::kStackBytes - StackPool::kSlackBytes, " bytes"));
  }
  self.state = ThreadState::done;
  --live_;
  if (!faulted && !left_early_) left_early_ = self.linear;
  Warp& warp = warps_[static_cast<size_t>(self.warp())];
  warp.live &= ~(1u << self.lane());
  for (int group = warp.group_count - 1; group >= 0; --group) {
    const Group& waiting = warp.groups[static_cast<size_t>(group)];
    if (waiting.arrived == (waiting.mask & warp.live)) complete_group(warp, group);
  }
  if (live_ > 0 && barrier_.arrived == live_ && !barrier_.of_grid) complete_barrier();
}

void BlockRunner::switch_for_good() {
  FiberContext gone = current_thread->context;
  const int stack = current_thread->stack;
  Thread* next = next_thread();
  if (next) prepare(*next);  // takes its stack before this one is free: we still stand on it
  stacks_.release(stack);
  if (next) {
    go_to(*next, gone, true);
  } else {
    current_thread = nullptr;
    switch_fiber(gone, main_, true);
  }
  __builtin_unreachable();
}

void BlockRunner::leave_after_fault() {
  retire(true);
  switch_for_good();
}

void BlockRunner::record(FaultKind kind, Site at, std::string detail, const std::optional<RawThread>& other) {
  launch_->faults.add({kind, place(*current_thread, at), other, std::move(detail)});
}

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
    case BarrierVote::all: return passed_yes_ == passed_live_;
    case BarrierVote::any: return passed_yes_ > 0;
    case BarrierVote::count: return passed_yes_;
    case BarrierVote::none: break;
  }
  return 0;
}

// Everyone that is left has arrived. A wrong barrier is recorded and passed, as the device would.
void BlockRunner::complete_barrier() {
  const Thread& first = first_at_barrier();
  if (barrier_.divergent) {
    const Thread& second = threads_[static_cast<size_t>(*barrier_.divergent)];
    launch_->faults.add({FaultKind::divergent_barrier, place(first, Site(first.where)), place(second, Site(second.where)),
                         "threads of the block meet at different barriers"});
  } else if (left_early_) {
    const uint3 gone = threads_[static_cast<size_t>(*left_early_)].index;
    launch_->faults.add({FaultKind::missing_barrier, place(first, Site(first.where)), std::nullopt,
                         text("thread (", gone.x, ",", gone.y, ",", gone.z, ") has left the kernel without this barrier")});
  }
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
      record(FaultKind::divergent_collective, Site(where), "lanes that wait for each other meet at different collectives",
             place(other, Site(other.where)));
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
    const Thread& missing = threads_[static_cast<size_t>(index * 32 + std::countr_zero(group.mask & warp.live & ~group.arrived))];
    launch_->faults.add({FaultKind::divergent_collective, place(waiting, Site(waiting.where)),
                         place(missing, Site(missing.where)), "a lane of the mask waits elsewhere"});
    return;
  }
  for (int linear = 0; linear < thread_count_; ++linear) {
    const Thread& thread = threads_[static_cast<size_t>(linear)];
    if (thread.state == ThreadState::polling) {
      launch_->faults.add({FaultKind::deadlock, place(thread, Site(thread.where)), std::nullopt, "the flag is never set"});
      return;
    }
  }
}

}  // namespace lamina::simt
