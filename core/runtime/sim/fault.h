// SPDX-License-Identifier: Apache-2.0
// What the simulator found wrong in a kernel. A launch with faults throws one Error that lists them, unless a
// FaultCollector is installed (by a test) to take them.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/runtime/sim/dim3.h"

namespace lamina::simt {

enum class FaultKind {
  out_of_bounds,         // outside of a device allocation
  use_after_free,        // a freed buffer, or a slot outside of its lifetime
  uninitialised_read,    // a byte that nothing has written
  shared_out_of_bounds,  // outside of the dynamic shared memory asked for at launch
  host_pointer,          // not device memory at all
  foreign_local,         // a local variable of another thread
  misaligned_access,     // an address that is no multiple of the access size
  global_race,
  shared_race,
  missing_barrier,       // threads wait at a barrier that others have left the kernel without
  divergent_barrier,     // threads of a block meet at different barriers
  divergent_collective,  // lanes of a mask meet at different collectives, or a lane reads one that takes no part
  async_not_waited,      // bytes of an asynchronous copy used before its wait
  deadlock,              // no thread can go on
  stack_overflow,        // more local variables than a fiber holds
  assertion,             // SIMT_ASSERT
};

std::string_view name_of(FaultKind kind);
std::ostream& operator<<(std::ostream& out, FaultKind kind);

struct SourceLine {
  std::string file;  // as the compiler was given it; empty where unknown
  int line = 0;
};

struct FaultThread {
  uint3 block{};
  uint3 thread{};
  SourceLine at;
};

struct Fault {
  FaultKind kind{};
  std::string kernel;
  FaultThread where;
  std::optional<FaultThread> other;  // the second thread, for races and divergence
  std::string detail;                // what was touched or expected
  long count = 1;                    // how often, over all blocks and threads
};

// "global race in transpose_kernel<32>: block (0,0,0) thread (1,0,0) at kernels/transpose.cu:12 ..."
std::string describe(const Fault& fault);

// While it lives, faults of launches are kept here instead of thrown. One at a time, on any thread.
class FaultCollector {
 public:
  FaultCollector();
  ~FaultCollector();
  FaultCollector(const FaultCollector&) = delete;
  FaultCollector& operator=(const FaultCollector&) = delete;

  const std::vector<Fault>& faults() const { return faults_; }
  void clear() { faults_.clear(); }

 private:
  friend void deliver_faults(std::vector<Fault> faults);
  std::vector<Fault> faults_;
};

// Hands the faults of a launch to the collector, or throws ErrorKind::device.
void deliver_faults(std::vector<Fault> faults);

}  // namespace lamina::simt
