// SPDX-License-Identifier: Apache-2.0
// What the host copy of a .cu calls in the simulator. core/simt wraps these in the words of the device language, and
// nothing else includes this file. Everything here is compiled without callbacks, on the other side of a call, so that
// the simulator's own accesses are never taken for the kernel's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>

#include "core/runtime/sim/dim3.h"

// Code of the host copy that is glue and not kernel: its accesses are not the kernel's.
#define SIMT_GLUE __attribute__((no_sanitize("thread")))

namespace lamina::simt {

using Where = std::source_location;

// Pure as seen from a kernel: a fiber stays the same thread of the same block for all of its life.
[[gnu::const]] unsigned thread_x();
[[gnu::const]] unsigned thread_y();
[[gnu::const]] unsigned thread_z();
[[gnu::const]] unsigned block_x();
[[gnu::const]] unsigned block_y();
[[gnu::const]] unsigned block_z();
[[gnu::const]] unsigned block_size_x();
[[gnu::const]] unsigned block_size_y();
[[gnu::const]] unsigned block_size_z();
[[gnu::const]] unsigned grid_size_x();
[[gnu::const]] unsigned grid_size_y();
[[gnu::const]] unsigned grid_size_z();
[[gnu::const]] unsigned lane_index();
[[gnu::const]] void* dynamic_shared();

// Barriers. Identity is the source location: threads that meet at two locations are a fault.
enum class BarrierVote : uint8_t { none, count, all, any };
int block_barrier(BarrierVote vote, int predicate, Where where);
void grid_barrier(Where where);
void warp_barrier(unsigned mask, Where where);

// A warp collective: every lane of `mask` brings a pointer to its own data, and the last to arrive runs
// `combine(lanes, mask)` once for all, with lanes[i] null where lane i takes no part. The data lie on the fibers'
// stacks, which stand still meanwhile. Orders no memory, as on the device: only warp_barrier does.
using WarpCombine = void (*)(void* const* lanes, unsigned mask);
void warp_collective(unsigned mask, void* lane_data, WarpCombine combine, Where where);

// Shuffles, votes and integer reductions on top of it. A shuffle that reads a lane outside of the mask is a fault.
uint64_t warp_shuffle(unsigned mask, uint64_t value, int source_lane, Where where);
unsigned warp_ballot(unsigned mask, bool predicate, Where where);
enum class WarpReduction : uint8_t { add, min, max };
int64_t warp_reduce(unsigned mask, WarpReduction reduction, int64_t value, Where where);

// Makes what the thread has done so far part of what its next atomic publishes.
void thread_fence();

// Suspends the thread until ready(flag, closure); then everything published through `flag` is visible to it.
void wait_until(const void* flag, bool (*ready)(const void* flag, const void* closure), const void* closure,
                Where where);

// Asynchronous copies to shared memory: the destination is poisoned here and filled by async_copy_wait.
// Bytes from `valid` on become zero.
void async_copy(void* to_shared, const void* from_global, int bytes, int valid, Where where);
void async_copy_commit();
void async_copy_wait(int groups_left);  // all but the last `groups_left` committed groups have landed

// For wrappers that are glue: judges an access as one of the kernel, at the line that called the wrapper. An atomic
// access also publishes what the thread did before its last fence.
void note_read(const void* at, int bytes, Where where);
void note_atomic(const void* at, int bytes, Where where);

[[noreturn]] void assertion_failed(const char* condition, Where where = Where::current());

// One launch. `invoke(arguments)` runs the kernel for the current thread.
struct KernelCall {
  const char* name;  // static storage
  void (*invoke)(const void* arguments);
  const void* arguments;
  dim3 grid;
  dim3 block;
  size_t shared_bytes;
  bool cooperative;
};

// Runs all blocks and returns when they are done. Throws ErrorKind::device for a shape that not every GPU takes, where the
// host has no room for stacks and records, and for the faults found (unless a FaultCollector takes them); what a kernel
// throws goes on to the caller.
void run_kernel(const KernelCall& call);

}  // namespace lamina::simt
