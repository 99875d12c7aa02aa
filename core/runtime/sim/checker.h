// SPDX-License-Identifier: Apache-2.0
// The fault checker. Checker is what the blocks of a launch share (global memory, flags, code places); BlockChecker
// judges the accesses of the block that runs on this OS thread. While checks are on only one block runs at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

#include "core/runtime/sim/async_copy.h"
#include "core/runtime/sim/device_memory.h"
#include "core/runtime/sim/fault_log.h"
#include "core/runtime/sim/happens_before.h"
#include "core/runtime/sim/shadow.h"

namespace lamina::simt {

class BlockRunner;
struct Launch;
struct Thread;

enum class AccessKind : uint8_t { read, write, atomic_read, atomic_write, atomic_update };

class Checker {
 public:
  explicit Checker(Launch& launch);

  void pass_grid_barrier();  // all that happened before is ordered before all that follows
  static uint64_t next_generation();

  SiteId site_of_return(uintptr_t return_address) const;
  SiteId site_of(const std::source_location& where);
  Site site(SiteId id) const;
  RawThread place(const Access& access) const;

  Launch& launch;
  DeviceMemory& memory = DeviceMemory::instance();
  ShadowRegion& global;
  uint64_t generation = next_generation();
  PublishedFlags flags;

 private:
  std::vector<std::source_location> locations_;
};

class BlockChecker {
 public:
  static BlockChecker& of_this_thread();

  void begin(Checker& checker, BlockRunner& runner);
  void end();

  // By the running thread. An access that cannot be made abandons the thread and does not return.
  void access(uintptr_t address, size_t bytes, AccessKind kind, SiteId site, bool must_be_aligned);
  SiteId site_of_return(void* address) const { return checker_->site_of_return(reinterpret_cast<uintptr_t>(address)); }
  SiteId site_of(const std::source_location& where) { return checker_->site_of(where); }

  void issue(const AsyncCopy& copy);  // the destination is pending from here on
  void land(const AsyncCopy& copy);   // before the bytes are written

  void pass_block_barrier() { order_.pass_block_barrier(); }
  void pass_warp_barrier(int warp, unsigned lanes) { order_.pass_warp_barrier(warp, lanes); }
  void fence();
  void publish(const void* flag);
  void acquire(const void* flag, const std::source_location& where);

 private:
  struct Request {
    uintptr_t address;
    size_t bytes;
    AccessKind kind;
    SiteId site;
  };

  void global_access(const Request& request);
  void shared_access(ShadowRegion& region, const Request& request);
  void order_access(ShadowRegion& region, WordShadow& word, size_t offset, unsigned mask, const Access& now,
                    const Request& request);
  void check_order(Record& record, const Access& now, const Request& request);
  static void remember_reader(Record& record, const Access& now, bool first_is_past, bool second_is_past);
  void mark_pending(const AsyncCopy& copy, SiteId site);

  [[noreturn]] void refuse(FaultKind kind, const Request& request, const std::string& detail);
  void report_uninitialised(const Request& request, const std::string& place);
  void report_race(const Access& earlier, bool earlier_wrote, const Request& request);
  std::string place_name(uintptr_t address);
  bool is_shared(uintptr_t address) const {
    return static_shared_.contains(address) || dynamic_shared_.contains(address);
  }

  Checker* checker_ = nullptr;
  BlockRunner* runner_ = nullptr;
  uint64_t generation_ = 0;
  BlockOrder order_;
  ShadowRegion static_shared_, dynamic_shared_;
};

// Set while a checked block runs on this OS thread: what the callbacks ask first.
extern thread_local constinit BlockChecker* active_checker;

}  // namespace lamina::simt
