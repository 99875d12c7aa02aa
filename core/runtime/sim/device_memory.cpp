// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/device_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <new>

#include "core/base/check.h"
#include "core/runtime/sim/address_space.h"
#include "core/runtime/sim/options.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace lamina::simt {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kArenaBytes = size_t{64} << 30;
constexpr size_t kQuarantineBytes = size_t{64} << 20;

}  // namespace

DeviceMemory& DeviceMemory::instance() {
  static DeviceMemory* const memory = new DeviceMemory;  // never destroyed: buffers may outlive static objects
  return *memory;
}

DeviceMemory::DeviceMemory() : size_(kArenaBytes) {
  data_pages_ = reserve_address_space(size_);
  state_pages_ = reserve_address_space(size_);
  base_ = static_cast<std::byte*>(data_pages_.get());
  states_ = static_cast<uint8_t*>(state_pages_.get());
}

std::byte* DeviceMemory::allocate(size_t bytes, std::string_view what) {
  const std::lock_guard lock(mutex_);
  if (bytes > size_)
    throw Error(ErrorKind::device,
                text("[sim] no memory for ", what, ": ", with_thousands(static_cast<long long>(bytes)), " bytes"));
  const size_t pages = (std::max(bytes, size_t{1}) + 2 * kRedzone + kPage - 1) / kPage;
  const size_t first = take_pages(pages);
  if (first * kPage + pages * kPage > size_) {
    throw Error(ErrorKind::device,
                text("[sim] no memory for ", what, ": ", with_thousands(static_cast<long long>(bytes)), " bytes"));
  }
  std::byte* run = base_ + first * kPage;
  Allocation allocation{run + kRedzone, bytes, std::string(what), first, pages, sim_options().checks != SimChecks::off,
                        false};
  if (allocation.tracked) {
    std::memset(states_ + first * kPage, kRedzoned, pages * kPage);
    std::memset(states_ + first * kPage + kRedzone, kUninitialised, bytes);
    std::memset(allocation.data, 0xff, bytes);  // NaN, if it is used all the same
  }
#ifdef __SANITIZE_ADDRESS__
  ASAN_POISON_MEMORY_REGION(run, pages * kPage);
  ASAN_UNPOISON_MEMORY_REGION(allocation.data, bytes);
#endif
  std::byte* data = allocation.data;
  allocations_.insert_or_assign(reinterpret_cast<uintptr_t>(run), std::move(allocation));
  return data;
}

bool DeviceMemory::release(std::byte* data) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = allocations_.find(reinterpret_cast<uintptr_t>(data) - kRedzone);
  if (found == allocations_.end() || found->second.freed) return false;
  Allocation& allocation = found->second;
  allocation.freed = true;
#ifdef __SANITIZE_ADDRESS__
  ASAN_POISON_MEMORY_REGION(data, allocation.bytes);
#endif
  if (allocation.tracked) std::memset(states_ + (found->first - base()) + kRedzone, kDead, allocation.bytes);
  try {
    quarantine_.push_back(found->first);
  } catch (const std::bad_alloc&) {
    return true;  // no host memory to remember it by: its addresses are not used again
  }
  quarantined_bytes_ += allocation.pages * kPage;
  const size_t kept = sim_options().checks != SimChecks::off ? kQuarantineBytes : 0;
  while (quarantined_bytes_ > kept) forget_oldest();
  return true;
}

void DeviceMemory::forget_oldest() noexcept {
  const auto oldest = allocations_.find(quarantine_.front());
  quarantine_.pop_front();
  const size_t first = oldest->second.first_page, pages = oldest->second.pages;
  const bool tracked = oldest->second.tracked;
  allocations_.erase(oldest);
  quarantined_bytes_ -= pages * kPage;
  std::byte* run = base_ + first * kPage;
#ifdef __SANITIZE_ADDRESS__
  ASAN_UNPOISON_MEMORY_REGION(run, pages * kPage);
#endif
  if (tracked) madvise(states_ + first * kPage, pages * kPage, MADV_DONTNEED);
  // Small runs stay resident for the next allocation; large ones go back to the system.
  if (pages > 256) madvise(run, pages * kPage, MADV_DONTNEED);
  try {
    give_pages(first, pages);
  } catch (const std::bad_alloc&) {
    // No host memory to remember the run by: its addresses are not used again.
  }
}

// First fit; the never used part of the arena is the last resort.
size_t DeviceMemory::take_pages(size_t pages) {
  for (auto run = free_runs_.begin(); run != free_runs_.end(); ++run) {
    if (run->second < pages) continue;
    const size_t first = run->first;
    const size_t left = run->second - pages;
    free_runs_.erase(run);
    if (left > 0) free_runs_.emplace(first + pages, left);
    return first;
  }
  const size_t first = next_page_;
  if ((first + pages) * kPage <= size_) next_page_ += pages;
  return first;
}

void DeviceMemory::give_pages(size_t first, size_t pages) {
  auto after = free_runs_.lower_bound(first);
  if (after != free_runs_.end() && after->first == first + pages) {
    pages += after->second;
    after = free_runs_.erase(after);
  }
  if (after != free_runs_.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second == first) {
      before->second += pages;
      return;
    }
  }
  free_runs_.emplace(first, pages);
}

const DeviceMemory::Allocation* DeviceMemory::find(uintptr_t address) {
  const auto after = allocations_.upper_bound(address);
  if (after == allocations_.begin()) return nullptr;
  const auto& [run, allocation] = *std::prev(after);
  return address < run + allocation.pages * kPage ? &allocation : nullptr;
}

void DeviceMemory::require_live(const void* data, size_t bytes, const char* doing) {
  if (bytes == 0) return;
  const std::lock_guard lock(mutex_);
  const auto address = reinterpret_cast<uintptr_t>(data);
  const Allocation* allocation = find(address);
  const bool inside = allocation && !allocation->freed && address >= reinterpret_cast<uintptr_t>(allocation->data) &&
                      address - reinterpret_cast<uintptr_t>(allocation->data) + bytes <= allocation->bytes;
  LAMINA_ASSERT(inside, doing, " of ", bytes, " bytes ",
                allocation ? "beyond '" + allocation->what + "'" : "outside of sim memory");
}

void DeviceMemory::set_state(void* data, size_t bytes, ByteState state) {
  if (bytes == 0) return;
  const std::lock_guard lock(mutex_);
  const Allocation* allocation = find(reinterpret_cast<uintptr_t>(data));
  if (allocation->tracked) std::memset(states_ + (static_cast<std::byte*>(data) - base_), state, bytes);
}

void DeviceMemory::copy_state(void* to, const void* from, size_t bytes) {
  if (bytes == 0) return;
  const std::lock_guard lock(mutex_);
  const Allocation* source = find(reinterpret_cast<uintptr_t>(from));
  const Allocation* target = find(reinterpret_cast<uintptr_t>(to));
  uint8_t* states = states_ + (static_cast<std::byte*>(to) - base_);
  if (target->tracked && source->tracked) {
    std::memmove(states, states_ + (static_cast<const std::byte*>(from) - base_), bytes);
  } else if (target->tracked) {
    std::memset(states, kInitialised, bytes);
  }
}

void DeviceMemory::track_all() {
  const std::lock_guard lock(mutex_);
  for (auto& [run, allocation] : allocations_) {
    if (allocation.tracked) continue;
    uint8_t* states = states_ + (run - base());
    std::memset(states, kRedzoned, allocation.pages * kPage);
    std::memset(states + kRedzone, allocation.freed ? kDead : kInitialised, allocation.bytes);
    allocation.tracked = true;
  }
}

}  // namespace lamina::simt
