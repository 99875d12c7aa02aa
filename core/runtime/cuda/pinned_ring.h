// SPDX-License-Identifier: Apache-2.0
// A ring of page-locked host memory that copies to a device go through: a copy from pageable memory would make the host
// wait for it. Pieces are taken in turn; a piece is free again once the stream has passed its copy, so the ring is not for
// copies to the host, whose bytes are read after that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "core/runtime/cuda/cuda_handles.h"

namespace lamina {

class PinnedRing {
 public:
  PinnedRing(const CudaContext& cuda, size_t bytes) : cuda_(cuda), capacity_(bytes) {}

  size_t capacity() const { return capacity_; }

  // `bytes` (1 to capacity) to be used by one copy. Waits for earlier copies where the ring has come round to them.
  // The memory itself is asked for at the first call.
  void* take(size_t bytes);

  // The copy of the piece last taken is on `stream` by now.
  void used_on(cudaStream_t stream);

 private:
  // Positions count bytes since the beginning and never wrap; position % capacity is the place in the memory.
  struct Piece {
    uint64_t begin;
    CudaEvent passed;
  };
  void wait_for_oldest();

  const CudaContext& cuda_;
  size_t capacity_;
  PinnedMemory memory_;
  uint64_t taken_begin_ = 0;  // of the piece last taken
  uint64_t end_ = 0;
  CudaEvent next_passed_;        // made before the copy is issued, so that no copy goes without one
  std::deque<Piece> in_flight_;  // oldest first
  std::vector<CudaEvent> unused_;
};

}  // namespace lamina
