// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/cooperative_grid.h"

#include "core/base/text.h"
#include "core/runtime/sim/checker.h"

namespace lamina::simt {

CooperativeGrid::CooperativeGrid(Launch& launch, int blocks)
    : launch_(launch),
      turns_(static_cast<size_t>(blocks)),
      states_(static_cast<size_t>(blocks), State::fresh),
      runners_(static_cast<size_t>(blocks)) {}

void CooperativeGrid::run_block(int block) {
  try {
    run_to_end(block);
  } catch (...) {
    std::unique_lock lock(mutex_);
    await_baton(lock, block);
    aborted_ = true;
    leave(block);
    throw;
  }
}

void CooperativeGrid::run_to_end(int block) {
  const auto at = static_cast<size_t>(block);
  BlockRunner& runner = BlockRunner::of_this_thread();
  std::unique_lock lock(mutex_);
  await_baton(lock, block);
  const BlockScope scope(runner, launch_, static_cast<uint64_t>(block));
  runners_[at] = &runner;
  states_[at] = State::running;
  while (!aborted_) {
    if (states_[at] != State::at_grid_barrier) {
      const BlockRunner::Status status = runner.run();
      without_progress_ = runner.made_progress() ? 0 : without_progress_ + 1;
      if (status == BlockRunner::Status::finished) break;
      states_[at] = status == BlockRunner::Status::stalled ? State::stalled : State::at_grid_barrier;
      if (states_[at] == State::at_grid_barrier) ++at_barrier_;
    } else {
      ++without_progress_;
    }
    release_grid_barrier();
    if (without_progress_ > static_cast<int>(states_.size())) {
      for (BlockRunner* stuck : runners_) {
        if (stuck) stuck->report_stall();
      }
      aborted_ = true;
      break;
    }
    pass_baton(block);
    await_baton(lock, block);
  }
  if (aborted_) runner.abandon();
  leave(block);
}

void CooperativeGrid::leave(int block) {
  states_[static_cast<size_t>(block)] = State::finished;
  runners_[static_cast<size_t>(block)] = nullptr;
  ++finished_;
  release_grid_barrier();
  pass_baton(block);
}

void CooperativeGrid::await_baton(std::unique_lock<std::mutex>& lock, int block) {
  turns_[static_cast<size_t>(block)].wait(lock, [&] { return holder_ == block; });
}

void CooperativeGrid::pass_baton(int block) {
  const int blocks = static_cast<int>(states_.size());
  for (int step = 1; step <= blocks; ++step) {
    const int next = (block + step) % blocks;
    if (states_[static_cast<size_t>(next)] == State::finished) continue;
    holder_ = next;
    turns_[static_cast<size_t>(next)].notify_one();
    return;
  }
}

// All blocks that are left stand at the barrier. As for a block, a wrong one is recorded and passed.
void CooperativeGrid::release_grid_barrier() {
  const int blocks = static_cast<int>(states_.size());
  if (aborted_ || at_barrier_ == 0 || at_barrier_ + finished_ < blocks) return;
  const BlockRunner* first = nullptr;
  for (int block = 0; block < blocks; ++block) {
    const BlockRunner* runner = runners_[static_cast<size_t>(block)];
    if (!runner) continue;
    if (!first) first = runner;
    const Thread& a = first->first_at_barrier();
    const Thread& b = runner->first_at_barrier();
    if (same_location(a.where, b.where)) continue;
    launch_.faults.add({FaultKind::divergent_barrier, first->place(a, Site(a.where)), runner->place(b, Site(b.where)),
                        "blocks meet at different grid barriers"});
    break;
  }
  if (finished_ > 0) {
    const Thread& waiting = first->first_at_barrier();
    launch_.faults.add({FaultKind::missing_barrier, first->place(waiting, Site(waiting.where)), std::nullopt,
                        text(finished_, " blocks have left the kernel without this grid barrier")});
  }
  if (launch_.checker) launch_.checker->pass_grid_barrier();
  for (int block = 0; block < blocks; ++block) {
    if (states_[static_cast<size_t>(block)] != State::at_grid_barrier) continue;
    runners_[static_cast<size_t>(block)]->pass_grid_barrier();
    states_[static_cast<size_t>(block)] = State::running;
  }
  at_barrier_ = 0;
  without_progress_ = 0;
}

}  // namespace lamina::simt
