// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/batch_loader.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

constexpr int kNiceness = 10;  // about a tenth of the processor where somebody computes on it

// Loading takes what the training leaves: of a team of threads that compute, each waits for the slowest, so that a loader
// which takes turns with one of them holds up all. A step that needs its batch sleeps, and then the loader has the processor.
void give_way_to_computing() {
#ifdef __linux__
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);  // a wish: where it is refused, loading only competes
#endif
}

}  // namespace

BatchLoader::BatchLoader(BatchWork work, int threads) : work_(std::move(work)) {
  LAMINA_ASSERT(threads > 0);
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

BatchLoader::~BatchLoader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_there_.notify_all();
  threads_.clear();  // joins
}

std::optional<Batch> BatchLoader::next() {
  std::unique_lock lock(mutex_);
  if (taken_ == work_.batches) return std::nullopt;
  batch_ready_.wait(lock, [&] { return !window_.empty() && window_.front().done == window_.front().batch.samples; });
  Pending& front = window_.front();
  if (front.failure) std::rethrow_exception(front.failure);
  Batch batch = std::move(front.batch);
  window_.pop_front();
  ++taken_;
  lock.unlock();
  work_there_.notify_all();
  return batch;
}

void BatchLoader::run() {
  give_way_to_computing();
  std::unique_lock lock(mutex_);
  while (true) {
    work_there_.wait(lock, [&] { return stopping_ || with_rows() || may_open(); });
    if (stopping_) return;
    if (Pending* pending = with_rows()) {
      fill_row(lock, *pending);
    } else {
      open(lock);
    }
  }
}

BatchLoader::Pending* BatchLoader::with_rows() {
  const auto found = std::find_if(window_.begin(), window_.end(),
                                  [](const Pending& pending) { return pending.handed_out < pending.batch.samples; });
  return found == window_.end() ? nullptr : &*found;
}

bool BatchLoader::may_open() const { return !opening_ && opened_ < work_.batches && window_.size() < kAhead; }

void BatchLoader::open(std::unique_lock<std::mutex>& lock) {
  opening_ = true;
  Pending pending;
  pending.number = opened_++;
  lock.unlock();
  try {
    pending.batch = work_.make(pending.number);
  } catch (...) {
    pending.failure = std::current_exception();  // a batch of no samples: ready, and failed
  }
  lock.lock();
  window_.push_back(std::move(pending));
  opening_ = false;
  work_there_.notify_all();
  batch_ready_.notify_all();
}

void BatchLoader::fill_row(std::unique_lock<std::mutex>& lock, Pending& pending) {
  const int64_t row = pending.handed_out++;
  std::exception_ptr failure;
  lock.unlock();
  try {
    work_.fill(pending.batch, pending.number, row);
  } catch (...) {
    failure = std::current_exception();
  }
  lock.lock();
  if (failure && (!pending.failure || row < pending.failed_row)) {
    pending.failure = failure;
    pending.failed_row = row;
  }
  if (++pending.done == pending.batch.samples) batch_ready_.notify_all();
}

}  // namespace lamina::yolov3
