// SPDX-License-Identifier: Apache-2.0
// Device memory that is kept when it is given back, since cudaMalloc and cudaFree wait for the whole device. A block is
// handed out again as soon as it is back: all work of a device is on one stream, so its next user comes after its last.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string_view>
#include <vector>

#include "core/runtime/cuda/cuda_handles.h"

namespace lamina {

class BlockCache {
 public:
  // `make_room` gives back what else this process holds on the device, and is called before the second try.
  BlockCache(const CudaContext& cuda, std::function<void()> make_room);

  // A block of size_class(bytes) bytes, aligned to 256. Where the device is full, all cached blocks are freed and it is
  // tried once more; then ErrorKind::device names `what`, the bytes asked and the bytes free.
  void* take(size_t bytes, std::string_view what);

  // `bytes` as they were asked. May come from any thread; calls the CUDA runtime only if the host has no memory left.
  void give_back(void* block, size_t bytes) noexcept;

  // Frees the cached blocks; waits for the device.
  void trim() noexcept;

  size_t cached_bytes() const;

  // Eight classes to a doubling (at most 12.5 % is lost), and whole multiples of 2 MiB from 16 MiB up, where an arena
  // of many gigabytes must not be rounded up far.
  static size_t size_class(size_t bytes);

 private:
  void* try_malloc(size_t bytes);  // nullptr where the device is full
  [[noreturn]] void throw_full(size_t bytes, std::string_view what);

  const CudaContext& cuda_;
  std::function<void()> make_room_;
  mutable std::mutex mutex_;
  std::map<size_t, std::vector<DeviceMemory>> free_;  // by size class; destroyed with the cache
};

}  // namespace lamina
