// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/os_threads.h"

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/text.h"

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
      start_threads(count);
      job_ = &job;
      count_ = count;
      running_ = count - 1;
      ++round_;
    }
    start_.notify_all();
    do_job(0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return running_ == 0; });
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

 private:
  void start_threads(int count) {
    while (static_cast<int>(threads_.size()) < count - 1) {
      const int index = static_cast<int>(threads_.size()) + 1;
      try {
        threads_.emplace_back([this, index, seen = round_] { serve(index, seen); });
      } catch (const std::system_error& error) {
        throw Error(ErrorKind::device, text("[sim] OS thread ", index + 1, " of ", count, " cannot be started (",
                                            error.what(), "); fewer threads (--threads) or blocks need less"));
      }
    }
  }

  // An exception must not leave an OS thread: that would end the process.
  void do_job(int index) {
    try {
      (*job_)(index);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
  }

  void serve(int index, long seen) {
    std::unique_lock lock(mutex_);
    for (;;) {
      start_.wait(lock, [&] { return stopping_ || round_ != seen; });
      if (stopping_) return;
      seen = round_;
      if (index >= count_) continue;
      lock.unlock();
      do_job(index);
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
  std::exception_ptr failure_;  // of the first job that failed
  bool stopping_ = false;
};

}  // namespace

void run_on_os_threads(int count, const std::function<void(int)>& job) {
  static OsThreads threads;
  threads.run(count, job);
}

}  // namespace lamina::simt
