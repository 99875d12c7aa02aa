// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/cuda/pinned_ring.h"

#include <utility>

#include "core/base/check.h"

namespace lamina {
namespace {
constexpr size_t kAlignment = 256;  // pieces start on whole cache lines of both sides
}

void* PinnedRing::take(size_t bytes) {
  LAMINA_ASSERT(bytes > 0 && bytes <= capacity_, bytes, " bytes of a ring of ", capacity_);
  if (!memory_) memory_ = make_pinned(cuda_, capacity_);
  if (!next_passed_) {
    if (unused_.empty()) unused_.push_back(make_event(cuda_));
    next_passed_ = std::move(unused_.back());
    unused_.pop_back();
  }

  uint64_t begin = (end_ + kAlignment - 1) / kAlignment * kAlignment;
  if (begin % capacity_ + bytes > capacity_) begin = (begin / capacity_ + 1) * capacity_;  // no piece wraps
  while (!in_flight_.empty() && begin + bytes > in_flight_.front().begin + capacity_) wait_for_oldest();
  taken_begin_ = begin;
  end_ = begin + bytes;
  return static_cast<char*>(memory_.get()) + begin % capacity_;
}

void PinnedRing::used_on(cudaStream_t stream) {
  CUDA_CHECK(cuda_.api.event_record(next_passed_.get(), stream));
  in_flight_.push_back({taken_begin_, std::move(next_passed_)});
}

void PinnedRing::wait_for_oldest() {
  CUDA_CHECK(cuda_.api.event_synchronize(in_flight_.front().passed.get()));
  unused_.push_back(std::move(in_flight_.front().passed));
  in_flight_.pop_front();
}

}  // namespace lamina
