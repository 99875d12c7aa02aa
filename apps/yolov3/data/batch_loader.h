// SPDX-License-Identifier: Apache-2.0
// Threads that fill batches ahead of the one who takes them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/data/batch.h"

namespace lamina::yolov3 {

// What is in the batches of one epoch. `make` and `fill` run on the loader's threads, `fill` for several rows at once.
struct BatchWork {
  int64_t batches = 0;
  std::function<Batch(int64_t batch)> make;                           // with room for its samples
  std::function<void(Batch& into, int64_t batch, int64_t row)> fill;  // writes one sample and nothing else
};

// The batches in their order, whichever thread filled what. At most kAhead batches are in memory besides those taken; a
// thread with nothing to do sleeps. What `make` or `fill` throws is thrown by next(), for the first row of the first batch
// that it happened to. The destructor waits for the rows that are being filled and for no others.
class BatchLoader {
 public:
  static constexpr size_t kAhead = 2;

  BatchLoader(BatchWork work, int threads);
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  std::optional<Batch> next();  // empty behind the last

 private:
  struct Pending {
    Batch batch;
    int64_t number = 0;
    int64_t handed_out = 0;  // rows
    int64_t done = 0;
    int64_t failed_row = 0;
    std::exception_ptr failure;  // of the lowest row that failed
  };

  void run();
  Pending* with_rows();                           // the first that has rows to hand out
  bool may_open() const;                          // a further batch
  void open(std::unique_lock<std::mutex>& lock);  // both let go of the lock meanwhile
  void fill_row(std::unique_lock<std::mutex>& lock, Pending& pending);

  const BatchWork work_;
  std::mutex mutex_;  // of all that follows, but for the rows that are being filled
  std::condition_variable work_there_, batch_ready_;
  std::deque<Pending> window_;  // batches taken_, taken_ + 1, ...
  int64_t taken_ = 0;
  int64_t opened_ = 0;
  bool opening_ = false;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace lamina::yolov3
