// SPDX-License-Identifier: Apache-2.0
// Copies between host and device through pinned memory, in order with the work stream. A large upload made while the
// device is busy (the next batch, during a step) crosses the bus at once on the copy stream into a landing buffer; only
// the copy from there into its place, at the speed of device memory, waits for the work before it.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "core/runtime/cuda/cuda_handles.h"
#include "core/runtime/cuda/pinned_ring.h"

namespace lamina {

class HostTransfer {
 public:
  HostTransfer(const CudaContext& cuda, cudaStream_t work);
  ~HostTransfer();  // waits for the copy stream

  // Returns when `host` may be written again, mostly long before the bytes are on the device.
  void upload(void* device, const void* host, size_t bytes);

  // Returns when the bytes are in `host`, after all work before it.
  void download(void* host, const void* device, size_t bytes);

  // Frees the landing buffers that are not in use.
  void release_landings();

  static constexpr size_t kOverlapBytes = size_t{1} << 20;    // below, a copy is over before a second stream pays
  static constexpr size_t kLandingLimit = size_t{256} << 20;  // of device memory for landing buffers, in all
  static constexpr size_t kArrivalBytes = size_t{4} << 20;    // a download goes in pieces of this size

 private:
  // Where pieces of a download arrive, two in turn. Not a ring: the bytes belong to the host from the event until it has
  // copied them out, which no event tells.
  struct Arrival {
    PinnedMemory memory;
    CudaEvent arrived;
  };
  struct Landing {
    DeviceMemory memory;
    size_t bytes;
    CudaEvent passed;  // after the last copy out of it
    bool in_use;       // from the first copy into it until `passed` is recorded
  };

  void issue_arrival(Arrival& arrival, const void* device, size_t bytes);
  void stage(PinnedRing& ring, void* device, const void* host, size_t bytes, cudaStream_t stream);
  void upload_by_landing(Landing& landing, void* device, const void* host, size_t bytes);
  bool is_done(cudaError_t status, std::string_view query);
  bool is_free(const Landing& landing);
  Landing* landing_for(size_t bytes);  // nullptr where there is no room for one
  size_t landing_bytes() const;

  const CudaContext& cuda_;
  cudaStream_t work_;
  CudaStream copy_;
  // Two rings: a small upload stays in the ring until the work before it is done, and must not hold up the large ones.
  PinnedRing small_uploads_;
  PinnedRing large_uploads_;
  std::array<Arrival, 2> arrivals_;
  std::vector<std::unique_ptr<Landing>> landings_;
};

}  // namespace lamina
