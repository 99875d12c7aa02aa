// SPDX-License-Identifier: Apache-2.0
// A CUDA runtime for tests on machines without a GPU: records every call, fails the one it is told to, and runs
// work as late as CUDA may (or as early, or now and then, if asked), so that memory reused too early shows as wrong bytes.
// Device memory is host memory. What real CUDA forbids is a violation: touching dead handles or memory that was never
// allocated, and allocating, freeing or waiting while a stream is captured.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/runtime/cuda/cuda_api.h"

namespace lamina::testing {

enum class FakePace {
  late,    // work runs when something waits for it
  early,   // as it is issued
  random,  // a part of what may run does at each call, the same part in every run
};

struct FakeCudaMachine {
  cudaError_t count_status = cudaSuccess;  // of cudaGetDeviceCount
  int gpus = 1;
  int major = 9;
  int minor = 0;
  int driver_version = 13000;
  size_t memory = size_t{1} << 30;
  FakePace pace = FakePace::late;
};

// Is the CUDA runtime while it lives; one at a time.
class FakeCuda {
 public:
  explicit FakeCuda(FakeCudaMachine machine = {});
  ~FakeCuda();

  // The calls so far, named as in CUDA. Pure look-ups (error names, the last error) are not recorded and never fail.
  const std::vector<std::string>& calls() const { return calls_; }
  int count(const std::string& call) const;
  void forget_calls() { calls_.clear(); }

  // The n-th call from now (1 is the next) returns `status`. A call that creates does nothing then; a call that
  // destroys, waits or ends a capture does its work all the same, as CUDA may report an older error there.
  void fail_call(int n, cudaError_t status = cudaErrorUnknown);
  // The same for every call of that name from now on.
  void fail_calls_of(const std::string& call, cudaError_t status);
  bool failure_was_met() const { return failure_met_; }

  const std::vector<std::string>& violations() const { return violations_; }
  std::string live() const;  // "1 stream, 2 blocks of device memory": what was made and not given back; "" for nothing
  size_t live_device_blocks() const { return device_memory_.size(); }
  bool last_error_is_clear() const { return last_error_ == cudaSuccess; }

  void run_everything();                // the GPU catches up
  void run_all_but(cudaStream_t slow);  // the other streams do, as far as they need not wait for this one

 private:
  friend struct FakeCudaCalls;  // the functions of the table
  struct Stream;

  struct Mark {  // of one recording of an event
    Stream* stream;
    bool passed = false;
  };
  struct Event {
    std::shared_ptr<Mark> mark;  // null: never recorded, counts as passed
  };
  struct Work {
    std::function<void()> run;
    std::shared_ptr<Mark> after;
  };
  using Graph = std::vector<std::function<void()>>;
  struct Stream {
    std::vector<Work> queue;
    std::unique_ptr<Graph> capture;  // not null while it is captured
  };

  cudaError_t enter(const char* call);  // records; the status the call is to fail with, or success
  cudaError_t fail(cudaError_t status);
  void violation(const std::string& what);
  bool capturing() const;
  void forbid_in_capture(const char* call);
  void put(Stream* stream, std::function<void()> run, std::shared_ptr<Mark> after = nullptr);
  void run_until(const std::shared_ptr<Mark>& mark);
  void run_all(Stream* stream);
  void run_first(Stream* stream);
  void run_some();
  void check_range(const char* call, const void* begin, size_t bytes, bool on_device);

  FakeCudaMachine machine_;
  std::mt19937 random_{1};
  std::unique_ptr<UseCudaApi> use_;
  std::vector<std::string> calls_;
  std::vector<std::string> violations_;
  int fail_in_ = 0;
  cudaError_t fail_status_ = cudaSuccess;
  std::map<std::string, cudaError_t> failing_calls_;
  bool failure_met_ = false;
  cudaError_t last_error_ = cudaSuccess;

  std::map<char*, size_t> device_memory_;
  std::map<char*, size_t> pinned_memory_;
  size_t device_bytes_ = 0;
  std::map<Stream*, std::unique_ptr<Stream>> streams_;
  std::map<Event*, std::unique_ptr<Event>> events_;
  std::map<Graph*, std::unique_ptr<Graph>> graphs_;
  std::map<Graph*, std::shared_ptr<Graph>> executables_;
};

}  // namespace lamina::testing
