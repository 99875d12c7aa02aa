// SPDX-License-Identifier: Apache-2.0
// The memory of the sim device: one stretch of address space, so that a pointer is known for a device pointer by two
// comparisons, with one state byte beside each byte. Allocations have redzones at both ends; while checks are on, freed
// ones rest in quarantine before their addresses are used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "core/runtime/sim/address_space.h"

namespace lamina::simt {

// A read needs kInitialised, a write at least kUninitialised. Fresh pages are zero.
enum ByteState : uint8_t { kUnmapped = 0, kRedzoned = 1, kDead = 2, kUninitialised = 3, kInitialised = 4 };

class DeviceMemory {
 public:
  static constexpr size_t kRedzone = 256;  // also the alignment of an allocation

  struct Allocation {
    std::byte* data;
    size_t bytes;
    std::string what;
    size_t first_page, pages;
    bool tracked;  // its state bytes are kept; set from the first launch or allocation with checks on
    bool freed;
  };

  static DeviceMemory& instance();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  std::byte* allocate(size_t bytes, std::string_view what);
  // False where `data` is no live allocation; nothing is done then.
  bool release(std::byte* data) noexcept;

  // Host-side access to [data, data + bytes); throws ErrorKind::internal unless it lies in one live allocation.
  void require_live(const void* data, size_t bytes, const char* doing);
  void set_state(void* data, size_t bytes, ByteState state);
  void copy_state(void* to, const void* from, size_t bytes);

  void track_all();  // what was allocated with checks off counts as initialised

  uintptr_t base() const { return reinterpret_cast<uintptr_t>(base_); }
  size_t size() const { return size_; }
  uint8_t* states() { return states_; }
  // The allocation whose pages hold the address, freed ones in quarantine included; null if none.
  const Allocation* find(uintptr_t address);

 private:
  DeviceMemory();
  size_t take_pages(size_t pages);
  void give_pages(size_t first, size_t pages);
  void forget_oldest() noexcept;

  std::mutex mutex_;
  AddressSpace data_pages_, state_pages_;
  std::byte* base_ = nullptr;
  uint8_t* states_ = nullptr;
  size_t size_ = 0;
  size_t next_page_ = 0;                         // pages from here on were never used
  std::map<size_t, size_t> free_runs_;           // first page -> pages
  std::map<uintptr_t, Allocation> allocations_;  // by the address of their first page
  std::deque<uintptr_t> quarantine_;
  size_t quarantined_bytes_ = 0;
};

}  // namespace lamina::simt
