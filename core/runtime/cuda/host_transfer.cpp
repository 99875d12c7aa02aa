// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/cuda/host_transfer.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace lamina {
namespace {

constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kSmallRing = 4 * kMiB;
constexpr size_t kLargeRing = 16 * kMiB;

// A large upload goes in quarters of the ring, so that the host fills one piece while the device reads another.
size_t piece_of(const PinnedRing& ring) { return ring.capacity() / 4; }

}  // namespace

HostTransfer::HostTransfer(const CudaContext& cuda, cudaStream_t work)
    : cuda_(cuda),
      work_(work),
      copy_(make_stream(cuda)),
      small_uploads_(cuda, kSmallRing),
      large_uploads_(cuda, kLargeRing) {}

HostTransfer::~HostTransfer() { CUDA_CHECK_LOG(cuda_.log, cuda_.api.stream_synchronize(copy_.get())); }

void HostTransfer::upload(void* device, const void* host, size_t bytes) {
  if (bytes < kOverlapBytes) return stage(small_uploads_, device, host, bytes, work_);
  const bool idle = is_done(cuda_.api.stream_query(work_), "cudaStreamQuery");
  if (Landing* landing = idle ? nullptr : landing_for(bytes)) return upload_by_landing(*landing, device, host, bytes);
  stage(large_uploads_, device, host, bytes, work_);
}

// Piece i arrives in arrivals_[i % 2], and is with the host before piece i + 2 is issued. What a download that failed has
// left on the way comes before this one's pieces: they are on one stream.
void HostTransfer::download(void* host, const void* device, size_t bytes) {
  const size_t pieces = (bytes + kArrivalBytes - 1) / kArrivalBytes;
  const auto bytes_of = [&](size_t piece) { return std::min(bytes - piece * kArrivalBytes, kArrivalBytes); };
  const auto unload = [&](size_t piece) {
    const Arrival& arrival = arrivals_[piece % 2];
    CUDA_CHECK(cuda_.api.event_synchronize(arrival.arrived.get()));
    std::memcpy(static_cast<char*>(host) + piece * kArrivalBytes, arrival.memory.get(), bytes_of(piece));
  };
  for (size_t piece = 0; piece < pieces; ++piece) {
    if (piece >= 2) unload(piece - 2);
    issue_arrival(arrivals_[piece % 2], static_cast<const char*>(device) + piece * kArrivalBytes, bytes_of(piece));
  }
  if (pieces >= 2) unload(pieces - 2);
  if (pieces >= 1) unload(pieces - 1);
}

void HostTransfer::issue_arrival(Arrival& arrival, const void* device, size_t bytes) {
  if (!arrival.arrived) arrival.arrived = make_event(cuda_);
  if (!arrival.memory) arrival.memory = make_pinned(cuda_, kArrivalBytes);
  CUDA_CHECK(cuda_.api.memcpy_async(arrival.memory.get(), device, bytes, cudaMemcpyDeviceToHost, work_));
  CUDA_CHECK(cuda_.api.event_record(arrival.arrived.get(), work_));
}

void HostTransfer::stage(PinnedRing& ring, void* device, const void* host, size_t bytes, cudaStream_t stream) {
  for (size_t offset = 0; offset < bytes;) {
    const size_t size = std::min(bytes - offset, piece_of(ring));
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
