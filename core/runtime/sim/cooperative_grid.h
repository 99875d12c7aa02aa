// SPDX-License-Identifier: Apache-2.0
// A cooperative launch: every block is resident on an OS thread of its own, and a baton lets one of them run at a time,
// in block order. So a run is deterministic, and "nobody can go on" is a fact that can be seen instead of a hang.
#pragma once

#include <condition_variable>
#include <mutex>
#include <vector>

#include "core/runtime/sim/block_runner.h"

namespace lamina::simt {

class CooperativeGrid {
 public:
  static constexpr int kMaxBlocks = 256;

  CooperativeGrid(Launch& launch, int blocks);
  void run_block(int block);  // on the block's OS thread, to its end; where one throws, the others are abandoned

 private:
  enum class State { fresh, running, at_grid_barrier, stalled, finished };

  void run_to_end(int block);
  void leave(int block);
  void await_baton(std::unique_lock<std::mutex>& lock, int block);
  void pass_baton(int block);
  void release_grid_barrier();

  Launch& launch_;
  std::mutex mutex_;
  std::vector<std::condition_variable> turns_;
  std::vector<State> states_;
  std::vector<BlockRunner*> runners_;
  int holder_ = 0;
  int finished_ = 0;
  int at_barrier_ = 0;
  int without_progress_ = 0;  // blocks in a row that could do nothing
  bool aborted_ = false;
};

}  // namespace lamina::simt
