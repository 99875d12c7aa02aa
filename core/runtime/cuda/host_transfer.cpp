// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/cuda/host_transfer.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <deque>
#include <utility>

namespace lamina {
namespace {

constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kSmallRing = 4 * kMiB;
constexpr size_t kLargeRing = 16 * kMiB;
constexpr size_t kDownloadRing = 8 * kMiB;

// A large copy goes in quarters of the ring (halves for downloads), so that the host fills one piece while the device
// reads another.
size_t piece_of(const PinnedRing& ring, size_t pieces) { return ring.capacity() / pieces; }

}  // namespace

HostTransfer::HostTransfer(const CudaContext& cuda, cudaStream_t work)
    : cuda_(cuda),
      work_(work),
      copy_(make_stream(cuda)),
      small_uploads_(cuda, kSmallRing),
      large_uploads_(cuda, kLargeRing),
      downloads_(cuda, kDownloadRing) {}

HostTransfer::~HostTransfer() { CUDA_CHECK_LOG(cuda_.log, cuda_.api.stream_synchronize(copy_.get())); }

void HostTransfer::upload(void* device, const void* host, size_t bytes) {
  if (bytes < kOverlapBytes) return stage(small_uploads_, device, host, bytes, work_);
  const bool idle = is_done(cuda_.api.stream_query(work_), "cudaStreamQuery");
  if (Landing* landing = idle ? nullptr : landing_for(bytes)) return upload_by_landing(*landing, device, host, bytes);
  stage(large_uploads_, device, host, bytes, work_);
}

void HostTransfer::download(void* host, const void* device, size_t bytes) {
  struct Piece {
    const void* pinned;
    size_t offset;
    size_t bytes;
    cudaEvent_t arrived;
  };
  std::deque<Piece> on_the_way;
  const auto unload_oldest = [&] {
    const Piece& piece = on_the_way.front();
    CUDA_CHECK(cuda_.api.event_synchronize(piece.arrived));
    std::memcpy(static_cast<char*>(host) + piece.offset, piece.pinned, piece.bytes);
    on_the_way.pop_front();
  };
  for (size_t offset = 0; offset < bytes;) {
    const size_t size = std::min(bytes - offset, piece_of(downloads_, 2));
    if (on_the_way.size() == 2) unload_oldest();  // the ring holds two: its memory and event are about to be reused
    void* pinned = downloads_.take(size);
    CUDA_CHECK(
        cuda_.api.memcpy_async(pinned, static_cast<const char*>(device) + offset, size, cudaMemcpyDeviceToHost, work_));
    on_the_way.push_back({pinned, offset, size, downloads_.used_on(work_)});
    offset += size;
  }
  while (!on_the_way.empty()) unload_oldest();
}

void HostTransfer::stage(PinnedRing& ring, void* device, const void* host, size_t bytes, cudaStream_t stream) {
  for (size_t offset = 0; offset < bytes;) {
    const size_t size = std::min(bytes - offset, piece_of(ring, 4));
    void* pinned = ring.take(size);
    std::memcpy(pinned, static_cast<const char*>(host) + offset, size);
    CUDA_CHECK(
        cuda_.api.memcpy_async(static_cast<char*>(device) + offset, pinned, size, cudaMemcpyHostToDevice, stream));
    ring.used_on(stream);
    offset += size;
  }
}

void HostTransfer::upload_by_landing(Landing& landing, void* device, const void* host, size_t bytes) {
  landing.in_use = true;  // and stays so where a call below fails: what then still writes to it is not known
  stage(large_uploads_, landing.memory.get(), host, bytes, copy_.get());
  // One event, twice: the wait holds on to its first record, the second marks the landing buffer free.
  CUDA_CHECK(cuda_.api.event_record(landing.passed.get(), copy_.get()));
  CUDA_CHECK(cuda_.api.stream_wait_event(work_, landing.passed.get(), 0));
  CUDA_CHECK(cuda_.api.memcpy_async(device, landing.memory.get(), bytes, cudaMemcpyDeviceToDevice, work_));
  CUDA_CHECK(cuda_.api.event_record(landing.passed.get(), work_));
  landing.in_use = false;
}

bool HostTransfer::is_done(cudaError_t status, std::string_view query) {
  if (status == cudaSuccess) return true;
  cuda_.api.get_last_error();  // else the next kernel launch is blamed for "not ready"
  if (status != cudaErrorNotReady) throw_cuda_error(status, query, __FILE__, __LINE__);
  return false;
}

bool HostTransfer::is_free(const Landing& landing) {
  return !landing.in_use && is_done(cuda_.api.event_query(landing.passed.get()), "cudaEventQuery");
}

HostTransfer::Landing* HostTransfer::landing_for(size_t bytes) {
  if (bytes > kLandingLimit) return nullptr;
  const size_t size = std::bit_ceil(bytes);  // few sizes, so that batches of many shapes find one another's
  for (const auto& landing : landings_) {
    if (landing->bytes == size && is_free(*landing)) return landing.get();
  }
  if (landing_bytes() + size > kLandingLimit) release_landings();
  if (landing_bytes() + size > kLandingLimit) return nullptr;

  CudaEvent passed = make_event(cuda_);
  void* memory = nullptr;
  const cudaError_t status = cuda_.api.malloc(&memory, size);
  if (status == cudaErrorMemoryAllocation) {
    cuda_.api.get_last_error();
    return nullptr;
  }
  if (status != cudaSuccess) throw_cuda_error(status, "cudaMalloc", __FILE__, __LINE__);
  DeviceMemory owned = own(cuda_, memory);
  landings_.push_back(std::make_unique<Landing>(Landing{std::move(owned), size, std::move(passed), false}));
  return landings_.back().get();
}

size_t HostTransfer::landing_bytes() const {
  size_t bytes = 0;
  for (const auto& landing : landings_) bytes += landing->bytes;
  return bytes;
}

void HostTransfer::release_landings() {
  for (size_t i = landings_.size(); i-- > 0;) {
    if (is_free(*landings_[i])) landings_.erase(landings_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace lamina
