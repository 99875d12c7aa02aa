// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/block_runner.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "core/base/text.h"
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
  lost_thread_ = wrong_barrier_ = false;
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
    for (size_t left = start_order_.size(); left > 1; --left)
      std::swap(start_order_[left - 1], start_order_[random() % left]);
  }
  shared_arena_.begin_block(launch.call.shared_bytes);
  failure_ = nullptr;
  checker_ = launch.checker ? &BlockChecker::of_this_thread() : nullptr;
  if (checker_) checker_->begin(*launch.checker, *this);
  current_runner = this;  // last: nothing of a begin that throws is left behind
}

void BlockRunner::end() noexcept {
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
      if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
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
  for (int linear = 0; linear < thread_count_; ++linear)
    threads_[static_cast<size_t>(linear)].state = ThreadState::done;
  live_ = 0;
}

// --- the order of threads ---

Thread* BlockRunner::start_next() {
  return started_ < thread_count_ ? &threads_[static_cast<size_t>(start_order_[static_cast<size_t>(started_++)])]
                                  : nullptr;
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

// At most kMaxThreads are ready, so a full list has as many before its front. It must not grow: on a fiber in the midst
// of a barrier there is no way back.
void BlockRunner::make_ready(Thread& thread) {
  thread.state = ThreadState::ready;
  if (ready_.size() == ready_.capacity()) {
    ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(ready_front_));
    ready_front_ = 0;
  }
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
    runner.guard([&] {
      runner.launch_->call.invoke(runner.launch_->call.arguments);
      runner.retire(false);
    });
    Thread& self = *current_thread;
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

void BlockRunner::leave_block() {
  FiberContext gone;  // nobody comes back to it
  current_thread = nullptr;
  switch_fiber(gone, main_, true);
  __builtin_unreachable();
}

void BlockRunner::leave_after_fault() {
  lost_thread_ = true;
  retire(true);
  switch_for_good();
}

// Behind a wrong barrier nothing in the block is as its author meant it; where a thread is lost, others miss what it would
// have written or brought. Only the first mistake is told, so that a message points to what must be mended.
bool BlockRunner::is_consequence(FaultKind kind) const {
  if (wrong_barrier_) return true;
  switch (kind) {
    case FaultKind::uninitialised_read:
    case FaultKind::missing_barrier:
    case FaultKind::divergent_barrier:
    case FaultKind::divergent_collective:
    case FaultKind::deadlock:
      return lost_thread_;
    default:
      return false;
  }
}

void BlockRunner::record(RawFault fault) {
  if (!is_consequence(fault.kind)) launch_->faults.add(std::move(fault));
}

void BlockRunner::record(FaultKind kind, Site at, std::string detail, const std::optional<RawThread>& other) {
  record({kind, place(*current_thread, at), other, std::move(detail)});
}

}  // namespace lamina::simt
