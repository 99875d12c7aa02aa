// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/os_threads.h"

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace lamina::simt {
namespace {

class OsThreads {
 public:
  ~OsThreads() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    start_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void run(int count, const std::function<void(int)>& job) {
    {
      const std::lock_guard lock(mutex_);
      while (static_cast<int>(threads_.size()) < count - 1) {
        const int index = static_cast<int>(threads_.size()) + 1;
        threads_.emplace_back([this, index, seen = round_] { serve(index, seen); });
      }
      job_ = &job;
      count_ = count;
      running_ = count - 1;
      ++round_;
    }
    start_.notify_all();
    job(0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return running_ == 0; });
  }

 private:
  void serve(int index, long seen) {
    std::unique_lock lock(mutex_);
    for (;;) {
      start_.wait(lock, [&] { return stopping_ || round_ != seen; });
      if (stopping_) return;
      seen = round_;
      if (index >= count_) continue;
      const std::function<void(int)>& job = *job_;
      lock.unlock();
      job(index);
      lock.lock();
      if (--running_ == 0) done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable start_, done_;
  std::vector<std::thread> threads_;
  const std::function<void(int)>* job_ = nullptr;
  int count_ = 0;
  int running_ = 0;
  long round_ = 0;
  bool stopping_ = false;
};

}  // namespace

void run_on_os_threads(int count, const std::function<void(int)>& job) {
  static OsThreads threads;
  threads.run(count, job);
}

}  // namespace lamina::simt
