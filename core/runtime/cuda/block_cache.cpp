// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/cuda/block_cache.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/base/text.h"

namespace lamina {
namespace {

constexpr size_t kSmallest = 512;
constexpr size_t kLargePage = size_t{2} << 20;  // the driver maps device memory in pages of 2 MiB
constexpr size_t kLarge = 8 * kLargePage;       // from here up a page is at most an eighth
constexpr size_t kLargest = std::numeric_limits<size_t>::max() / 2;

size_t round_up(size_t bytes, size_t step) { return (bytes + step - 1) / step * step; }

}  // namespace

BlockCache::BlockCache(const CudaContext& cuda, std::function<void()> make_room)
    : cuda_(cuda), make_room_(std::move(make_room)) {}

size_t BlockCache::size_class(size_t bytes) {
  if (bytes <= kSmallest) return kSmallest;
  if (bytes > kLarge) return round_up(bytes, kLargePage);
  return round_up(bytes, std::max(std::bit_floor(bytes - 1) / 8, size_t{256}));
}

void* BlockCache::take(size_t bytes, std::string_view what) {
  if (bytes > kLargest) throw_full(bytes, what);  // more than there is on any device; rounding it up would wrap
  const size_t size = size_class(bytes);
  {
    const std::lock_guard lock(mutex_);
    if (const auto cached = free_.find(size); cached != free_.end() && !cached->second.empty()) {
      void* block = cached->second.back().release();
      cached->second.pop_back();
      return block;
    }
  }
  if (void* block = try_malloc(size)) return block;
  trim();
  make_room_();
  if (void* block = try_malloc(size)) return block;
  throw_full(bytes, what);
}

void BlockCache::give_back(void* block, size_t bytes) noexcept {
  DeviceMemory owned = own(cuda_, block);
  try {
    const std::lock_guard lock(mutex_);
    free_[size_class(bytes)].push_back(std::move(owned));
  } catch (...) {
    // No host memory to remember the block by: `owned` frees it.
  }
}

void BlockCache::trim() noexcept {
  std::map<size_t, std::vector<DeviceMemory>> freed;  // outside of the lock: other threads do not wait for the device
  const std::lock_guard lock(mutex_);
  freed.swap(free_);
}

size_t BlockCache::cached_bytes() const {
  const std::lock_guard lock(mutex_);
  size_t bytes = 0;
  for (const auto& [size, blocks] : free_) bytes += size * blocks.size();
  return bytes;
}

void* BlockCache::try_malloc(size_t bytes) {
  void* block = nullptr;
  const cudaError_t status = cuda_.api.malloc(&block, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cuda_.api.get_last_error();  // else the next kernel launch is blamed for it
    return nullptr;
  }
  if (status != cudaSuccess) throw_cuda_error(status, "cudaMalloc", __FILE__, __LINE__);
  return block;
}

void BlockCache::throw_full(size_t bytes, std::string_view what) {
  size_t free_bytes = 0;
  size_t total_bytes = 0;
  std::string there_is = "an unknown number of bytes is";
  if (cuda_.api.mem_get_info(&free_bytes, &total_bytes) == cudaSuccess) {
    there_is = text(with_thousands(static_cast<long long>(free_bytes)), " of ",
                    with_thousands(static_cast<long long>(total_bytes)), " are");
  }
  throw Error(ErrorKind::device,
              text("[cuda] no memory for ", what, ": ",
                   bytes > kLargest ? text(bytes) : with_thousands(static_cast<long long>(bytes)), " bytes asked, ",
                   there_is, " free on device ", cuda_.ordinal, "; a smaller batch needs less"));
}

}  // namespace lamina
