// SPDX-License-Identifier: Apache-2.0
// A launch from end to end: the shape is proven, blocks are dealt to OS threads, faults are delivered.
#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/runtime/sim/block_runner.h"
#include "core/runtime/sim/checker.h"
#include "core/runtime/sim/cooperative_grid.h"
#include "core/runtime/sim/kernel_interface.h"
#include "core/runtime/sim/os_threads.h"

namespace lamina {
namespace simt {
namespace {

std::mutex launch_mutex;  // one launch at a time: the device has one stream
std::mutex counts_mutex;
std::map<std::string, long> counts;

[[noreturn]] void refuse(const KernelCall& call, const std::string& why) {
  throw Error(ErrorKind::device, text("[sim] kernel ", call.name, ": ", why));
}

// The limits of every device that the .cu is compiled for, so that a shape that runs here runs there.
void check_shape(const KernelCall& call) {
  const dim3& block = call.block;
  const dim3& grid = call.grid;
  if (block.count() > BlockRunner::kMaxThreads || block.z > 64) {
    refuse(call, text("a block of ", block.x, " x ", block.y, " x ", block.z, " threads; at most ",
                      BlockRunner::kMaxThreads, " in all and 64 in z"));
  }
  if (grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535) {
    refuse(call,
           text("a grid of ", grid.x, " x ", grid.y, " x ", grid.z, " blocks; at most 2^31 - 1, 65535 and 65535"));
  }
  if (call.shared_bytes > SharedArena::kMaxBytes) {
    refuse(call, text(call.shared_bytes, " bytes of dynamic shared memory; at most ", SharedArena::kMaxBytes, " (",
                      SharedArena::kMaxBytes / 1024, " KiB) on sm_80"));
  }
  if (call.cooperative && grid.count() > CooperativeGrid::kMaxBlocks) {
    refuse(call,
           text("a cooperative launch of ", grid.count(), " blocks; at most ", CooperativeGrid::kMaxBlocks, " on sim"));
  }
}

void run_block(BlockRunner& runner, Launch& launch, uint64_t block) {
  const BlockScope scope(runner, launch, block);
  if (runner.run() == BlockRunner::Status::stalled) {
    runner.report_stall();
    runner.abandon();
  }
}

void run_blocks(Launch& launch, uint64_t blocks) {
  std::atomic<uint64_t> next = 0;
  const auto work = [&](int) {
    try {
      BlockRunner& runner = BlockRunner::of_this_thread();
      for (uint64_t block = next++; block < blocks; block = next++) run_block(runner, launch, block);
    } catch (...) {
      next = blocks;  // the launch has failed: the other OS threads begin no more
      throw;
    }
  };
  const int limit =
      launch.options.threads > 0 ? launch.options.threads : static_cast<int>(std::thread::hardware_concurrency());
  // Waking an OS thread costs about as much as 2000 short threads of a kernel.
  const uint64_t worth = blocks * launch.call.block.count() / 2048 + 1;
  const uint64_t workers = launch.checker ? 1 : std::min({static_cast<uint64_t>(std::max(limit, 1)), worth, blocks});
  run_on_os_threads(static_cast<int>(workers), work);
}

}  // namespace

void run_kernel(const KernelCall& call) {
  if (call.grid.count() == 0 || call.block.count() == 0) return;
  check_shape(call);
  const std::lock_guard one_launch(launch_mutex);
  {
    const std::lock_guard lock(counts_mutex);
    ++counts[call.name];
  }
  Launch launch{call, sim_options()};
  std::optional<Checker> checker;
  if (launch.options.checks != SimChecks::off) launch.checker = &checker.emplace(launch);
  const uint64_t blocks = call.grid.count();
  if (call.cooperative) {
    CooperativeGrid grid(launch, static_cast<int>(blocks));
    run_on_os_threads(static_cast<int>(blocks), [&](int block) { grid.run_block(block); });
  } else {
    run_blocks(launch, blocks);
  }
  if (!launch.faults.empty()) deliver_faults(launch.faults.resolve(call.name));
}

}  // namespace simt

std::map<std::string, long> launch_counts() {
  const std::lock_guard lock(simt::counts_mutex);
  return simt::counts;
}

void reset_launch_counts() {
  const std::lock_guard lock(simt::counts_mutex);
  simt::counts.clear();
}

}  // namespace lamina
