// SPDX-License-Identifier: Apache-2.0
// Runs one block: its threads are fibers that go on until they wait, and the next that can run takes over. Each OS
// thread has one BlockRunner for all of its blocks. Barriers and warp collectives are decided here; memory is the
// checker's.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <exception>
#include <optional>
#include <vector>

#include "core/runtime/sim/async_copy.h"
#include "core/runtime/sim/fault_log.h"
#include "core/runtime/sim/fiber.h"
#include "core/runtime/sim/kernel_interface.h"
#include "core/runtime/sim/options.h"
#include "core/runtime/sim/shared_arena.h"

namespace lamina::simt {

class BlockChecker;
class Checker;

// What the blocks of a launch have in common.
struct Launch {
  const KernelCall& call;
  SimOptions options;
  Checker* checker = nullptr;  // null with checks off
  FaultLog faults{};
};

enum class ThreadState : uint8_t { unstarted, ready, running, at_barrier, in_collective, polling, done };

// One simulated thread.
struct Thread {
  uint3 index{};
  int linear = 0;
  ThreadState state = ThreadState::unstarted;
  int stack = -1;
  FiberContext context;
  Where where;                 // where it waits, or waited last
  void* lane_data = nullptr;   // what it brings to a collective
  const void* flag = nullptr;  // wait_until
  bool (*flag_ready)(const void* flag, const void* closure) = nullptr;
  const void* flag_closure = nullptr;
  AsyncCopies copies;

  int warp() const { return linear / 32; }
  int lane() const { return linear % 32; }
};

class BlockRunner {
 public:
  enum class Status {
    finished,
    at_grid_barrier,  // every thread waits in grid_sync
    stalled,          // no thread can go on until another block does something
  };
  static constexpr int kMaxThreads = StackPool::kStacks;

  static BlockRunner& of_this_thread();
  BlockRunner() { ready_.reserve(2 * kMaxThreads); }

  void begin(Launch& launch, uint64_t block);
  Status run();  // throws what the kernel, or the simulator on one of its threads, has thrown: the block is lost then
  bool made_progress() const { return progress_; }  // since the last call of run()
  void pass_grid_barrier() { complete_barrier(); }
  const Thread& first_at_barrier() const { return threads_[barrier_.first]; }
  void report_stall();  // says who waits for what
  void abandon();       // drops what still waits
  void end() noexcept;

  Launch& launch() const { return *launch_; }
  BlockChecker* checker() const { return checker_; }  // null with checks off
  uint64_t block() const { return block_; }
  uint3 block_index() const { return block_index_; }
  Thread& thread(int linear) { return threads_[static_cast<size_t>(linear)]; }
  int thread_count() const { return thread_count_; }
  StackPool& stacks() { return stacks_; }
  SharedArena& shared_arena() { return shared_arena_; }
  RawThread place(const Thread& thread, Site at) const { return {block_index_, thread.index, at}; }

  // Called by the running thread.
  int barrier(bool of_grid, BarrierVote vote, int predicate, Where where);
  void collective(unsigned mask, void* lane_data, WarpCombine combine, Where where);
  void poll(const void* flag, bool (*ready)(const void*, const void*), const void* closure, Where where);
  void record(FaultKind kind, Site at, std::string detail, const std::optional<RawThread>& other = std::nullopt);
  [[noreturn]] void leave_after_fault();
  // Runs fn where an exception cannot go up the thread's stack: it is thrown by run() instead, and the block left.
  template <class Fn>
  void guard(Fn fn) {
    if (!completes(fn)) leave_block();
  }

 private:
  struct Barrier {
    int arrived = 0;
    int first = 0;
    bool of_grid = false;
    std::optional<int> divergent;  // a thread that came to another place than the first
    int yes = 0;
  };
  struct Group {  // lanes that wait for each other
    unsigned mask;
    unsigned arrived;
    WarpCombine combine;
    Where where;
  };
  struct Warp {
    unsigned live = 0;
    int group_count = 0;
    std::array<Group, 32> groups;
  };

  static void fiber_main();
  template <class Fn>
  bool completes(Fn& fn) {
    try {
      fn();
      return true;
    } catch (...) {
      failure_ = std::current_exception();
    }
    return false;  // out of the handler: a fiber must not be left inside
  }
  [[noreturn]] void leave_block();
  Thread* next_thread();
  Thread* start_next();
  void prepare(Thread& thread);
  void make_ready(Thread& thread);
  void go_to(Thread& next, FiberContext& from, bool last);
  void suspend(ThreadState why);
  void retire(bool faulted);
  [[noreturn]] void switch_for_good();
  void record(RawFault fault);
  bool is_consequence(FaultKind kind) const;
  void complete_barrier();
  void complete_group(Warp& warp, int group);
  bool wake_pollers();
  uint64_t random();

  Launch* launch_ = nullptr;
  BlockChecker* checker_ = nullptr;
  uint64_t block_ = 0;
  uint3 block_index_{};
  int thread_count_ = 0;
  int live_ = 0;                   // threads that have neither left nor been abandoned
  std::optional<int> left_early_;  // the first thread that has left the kernel
  bool lost_thread_ = false;       // a fault has taken a thread out of the block
  bool wrong_barrier_ = false;     // a barrier was passed that the device may never pass
  bool progress_ = false;
  uint64_t random_ = 0;
  Barrier barrier_;
  int passed_yes_ = 0, passed_live_ = 0;  // the vote of the last barrier passed

  std::vector<Thread> threads_ = std::vector<Thread>(kMaxThreads);
  std::array<Warp, kMaxThreads / 32> warps_;
  std::vector<int> start_order_;
  int started_ = 0;
  std::vector<Thread*> ready_;  // a queue in natural order, a bag when shuffled; never grows
  size_t ready_front_ = 0;
  std::exception_ptr failure_;
  int polling_ = 0;

  FiberContext main_;
  StackPool stacks_;
  SharedArena shared_arena_;
};

// A block from begin() to end(), however it comes there.
class BlockScope {
 public:
  BlockScope(BlockRunner& runner, Launch& launch, uint64_t block) : runner_(runner) { runner.begin(launch, block); }
  ~BlockScope() { runner_.end(); }
  BlockScope(const BlockScope&) = delete;
  BlockScope& operator=(const BlockScope&) = delete;

 private:
  BlockRunner& runner_;
};

// The thread that runs on this OS thread, null outside of kernels; kept here for the callbacks.
extern thread_local constinit Thread* current_thread;
extern thread_local constinit BlockRunner* current_runner;

}  // namespace lamina::simt
