// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/fake_cuda.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "core/base/check.h"
#include "core/base/text.h"

namespace lamina::testing {
namespace {

FakeCuda* current = nullptr;

template <class To, class From>
To as(From handle) {
  return reinterpret_cast<To>(handle);
}

}  // namespace

// The functions of the table: each records itself, then acts on the one FakeCuda there is.
struct FakeCudaCalls {
  using Stream = FakeCuda::Stream;
  using Event = FakeCuda::Event;
  using Graph = FakeCuda::Graph;

  static FakeCuda& fake() {
    LAMINA_ASSERT(current, "a call to CUDA after its fake is gone");
    return *current;
  }
  template <class T, class Map>
  static T* known(Map& map, T* handle, const char* call) {
    if (map.contains(handle)) return handle;
    fake().violation(text(call, " of a handle that is not alive"));
    return nullptr;
  }
  static Stream* stream_of(cudaStream_t stream, const char* call) {
    return known(fake().streams_, as<Stream*>(stream), call);
  }

  static cudaError_t get_device_count(int* count) {
    if (const cudaError_t failed = fake().enter("cudaGetDeviceCount"); failed != cudaSuccess) return failed;
    *count = fake().machine_.gpus;
    return fake().fail(fake().machine_.count_status);
  }
  static cudaError_t set_device(int ordinal) {
    if (const cudaError_t failed = fake().enter("cudaSetDevice"); failed != cudaSuccess) return failed;
    return fake().fail(ordinal < fake().machine_.gpus ? cudaSuccess : cudaErrorInvalidDevice);
  }
  static cudaError_t get_device_properties(cudaDeviceProp* properties, int) {
    if (const cudaError_t failed = fake().enter("cudaGetDeviceProperties"); failed != cudaSuccess) return failed;
    *properties = {};
    std::strcpy(properties->name, "Fake GPU");
    properties->major = fake().machine_.major;
    properties->minor = fake().machine_.minor;
    properties->multiProcessorCount = 4;
    properties->totalGlobalMem = fake().machine_.memory;
    return cudaSuccess;
  }
  static cudaError_t driver_get_version(int* version) {
    if (const cudaError_t failed = fake().enter("cudaDriverGetVersion"); failed != cudaSuccess) return failed;
    *version = fake().machine_.driver_version;
    return cudaSuccess;
  }
  static cudaError_t runtime_get_version(int* version) {
    if (const cudaError_t failed = fake().enter("cudaRuntimeGetVersion"); failed != cudaSuccess) return failed;
    *version = CUDART_VERSION;
    return cudaSuccess;
  }
  static cudaError_t get_last_error() { return std::exchange(fake().last_error_, cudaSuccess); }

  static cudaError_t malloc(void** device, size_t bytes) {
    fake().forbid_in_capture("cudaMalloc");
    if (const cudaError_t failed = fake().enter("cudaMalloc"); failed != cudaSuccess) return failed;
    if (bytes > fake().machine_.memory - fake().device_bytes_) return fake().fail(cudaErrorMemoryAllocation);
    char* block = static_cast<char*>(std::aligned_alloc(256, (bytes + 255) / 256 * 256));
    std::memset(block, 0xcd, bytes);
    fake().device_memory_[block] = bytes;
    fake().device_bytes_ += bytes;
    *device = block;
    return cudaSuccess;
  }
  static cudaError_t free(void* device) {
    fake().forbid_in_capture("cudaFree");
    const cudaError_t failed = fake().enter("cudaFree");
    fake().run_everything();  // cudaFree waits for the device
    const auto block = fake().device_memory_.find(static_cast<char*>(device));
    if (block == fake().device_memory_.end()) {
      fake().violation("cudaFree of memory that is not alive");
      return fake().fail(cudaErrorInvalidValue);
    }
    fake().device_bytes_ -= block->second;
    std::free(block->first);
    fake().device_memory_.erase(block);
    return failed;
  }
  static cudaError_t mem_get_info(size_t* free_bytes, size_t* total_bytes) {
    if (const cudaError_t failed = fake().enter("cudaMemGetInfo"); failed != cudaSuccess) return failed;
    *total_bytes = fake().machine_.memory;
    *free_bytes = fake().machine_.memory - fake().device_bytes_;
    return cudaSuccess;
  }
  static cudaError_t host_alloc(void** host, size_t bytes, unsigned) {
    fake().forbid_in_capture("cudaHostAlloc");
    if (const cudaError_t failed = fake().enter("cudaHostAlloc"); failed != cudaSuccess) return failed;
    char* block = static_cast<char*>(std::malloc(bytes));
    fake().pinned_memory_[block] = bytes;
    *host = block;
    return cudaSuccess;
  }
  static cudaError_t free_host(void* host) {
    fake().forbid_in_capture("cudaFreeHost");
    const cudaError_t failed = fake().enter("cudaFreeHost");
    fake().run_everything();
    if (fake().pinned_memory_.erase(static_cast<char*>(host)) == 0) {
      fake().violation("cudaFreeHost of memory that is not alive");
      return fake().fail(cudaErrorInvalidValue);
    }
    std::free(host);
    return failed;
  }

  static cudaError_t stream_create_with_flags(cudaStream_t* stream, unsigned flags) {
    if (const cudaError_t failed = fake().enter("cudaStreamCreateWithFlags"); failed != cudaSuccess) return failed;
    if (flags != cudaStreamNonBlocking) fake().violation("a stream that waits for the default stream");
    auto made = std::make_unique<Stream>();
    *stream = as<cudaStream_t>(made.get());
    fake().streams_[made.get()] = std::move(made);
    return cudaSuccess;
  }
  static cudaError_t stream_destroy(cudaStream_t handle) {
    const cudaError_t failed = fake().enter("cudaStreamDestroy");
    Stream* stream = stream_of(handle, "cudaStreamDestroy");
    if (!stream) return fake().fail(cudaErrorInvalidResourceHandle);
    fake().run_all(stream);
    fake().streams_.erase(stream);
    return failed;
  }
  static cudaError_t stream_query(cudaStream_t handle) {
    if (const cudaError_t failed = fake().enter("cudaStreamQuery"); failed != cudaSuccess) return failed;
    Stream* stream = stream_of(handle, "cudaStreamQuery");
    if (!stream) return fake().fail(cudaErrorInvalidResourceHandle);
    return fake().fail(stream->queue.empty() ? cudaSuccess : cudaErrorNotReady);
  }
  static cudaError_t stream_synchronize(cudaStream_t handle) {
    fake().forbid_in_capture("cudaStreamSynchronize");
    const cudaError_t failed = fake().enter("cudaStreamSynchronize");
    if (Stream* stream = stream_of(handle, "cudaStreamSynchronize")) fake().run_all(stream);
    return failed;
  }
  static cudaError_t stream_wait_event(cudaStream_t handle, cudaEvent_t event, unsigned) {
    if (const cudaError_t failed = fake().enter("cudaStreamWaitEvent"); failed != cudaSuccess) return failed;
    Stream* stream = stream_of(handle, "cudaStreamWaitEvent");
    Event* waited = known(fake().events_, as<Event*>(event), "cudaStreamWaitEvent");
    if (!stream || !waited) return fake().fail(cudaErrorInvalidResourceHandle);
    fake().put(
        stream, [] {}, waited->mark);
    return cudaSuccess;
  }

  static cudaError_t event_create_with_flags(cudaEvent_t* event, unsigned) {
    if (const cudaError_t failed = fake().enter("cudaEventCreateWithFlags"); failed != cudaSuccess) return failed;
    auto made = std::make_unique<Event>();
    *event = as<cudaEvent_t>(made.get());
    fake().events_[made.get()] = std::move(made);
    return cudaSuccess;
  }
  static cudaError_t event_destroy(cudaEvent_t handle) {
    const cudaError_t failed = fake().enter("cudaEventDestroy");
    Event* event = known(fake().events_, as<Event*>(handle), "cudaEventDestroy");
    if (!event) return fake().fail(cudaErrorInvalidResourceHandle);
    fake().events_.erase(event);
    return failed;
  }
  static cudaError_t event_record(cudaEvent_t handle, cudaStream_t on) {
    if (const cudaError_t failed = fake().enter("cudaEventRecord"); failed != cudaSuccess) return failed;
    Event* event = known(fake().events_, as<Event*>(handle), "cudaEventRecord");
    Stream* stream = stream_of(on, "cudaEventRecord");
    if (!event || !stream) return fake().fail(cudaErrorInvalidResourceHandle);
    auto mark = std::make_shared<FakeCuda::Mark>(FakeCuda::Mark{stream});
    event->mark = mark;
    fake().put(stream, [mark] { mark->passed = true; });
    return cudaSuccess;
  }
  static cudaError_t event_query(cudaEvent_t handle) {
    if (const cudaError_t failed = fake().enter("cudaEventQuery"); failed != cudaSuccess) return failed;
    Event* event = known(fake().events_, as<Event*>(handle), "cudaEventQuery");
    if (!event) return fake().fail(cudaErrorInvalidResourceHandle);
    return fake().fail(!event->mark || event->mark->passed ? cudaSuccess : cudaErrorNotReady);
  }
  static cudaError_t event_synchronize(cudaEvent_t handle) {
    fake().forbid_in_capture("cudaEventSynchronize");
    const cudaError_t failed = fake().enter("cudaEventSynchronize");
    if (Event* event = known(fake().events_, as<Event*>(handle), "cudaEventSynchronize")) fake().run_until(event->mark);
    return failed;
  }
  static cudaError_t event_elapsed_time(float* milliseconds, cudaEvent_t, cudaEvent_t) {
    *milliseconds = 1;
    return fake().enter("cudaEventElapsedTime");
  }

  static cudaError_t memcpy_async(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t on) {
    if (const cudaError_t failed = fake().enter("cudaMemcpyAsync"); failed != cudaSuccess) return failed;
    Stream* stream = stream_of(on, "cudaMemcpyAsync");
    if (!stream) return fake().fail(cudaErrorInvalidResourceHandle);
    const auto check = [=] {
      fake().check_range("cudaMemcpyAsync", to, bytes, kind != cudaMemcpyDeviceToHost);
      fake().check_range("cudaMemcpyAsync", from, bytes, kind != cudaMemcpyHostToDevice);
    };
    check();
    fake().put(stream, [=] {
      const size_t before = fake().violations_.size();
      check();  // again: the memory must still be there when the copy runs
      if (fake().violations_.size() == before) std::memmove(to, from, bytes);
    });
    return cudaSuccess;
  }
  static cudaError_t memset_async(void* device, int value, size_t bytes, cudaStream_t on) {
    if (const cudaError_t failed = fake().enter("cudaMemsetAsync"); failed != cudaSuccess) return failed;
    Stream* stream = stream_of(on, "cudaMemsetAsync");
    if (!stream) return fake().fail(cudaErrorInvalidResourceHandle);
    fake().check_range("cudaMemsetAsync", device, bytes, true);
    fake().put(stream, [=] { std::memset(device, value, bytes); });
    return cudaSuccess;
  }
  static cudaError_t launch_kernel(const void*, dim3, dim3, void**, size_t, cudaStream_t on) {
    if (const cudaError_t failed = fake().enter("cudaLaunchKernel"); failed != cudaSuccess) return failed;
    Stream* stream = stream_of(on, "cudaLaunchKernel");
    if (stream) fake().put(stream, [] {});
    return fake().fail(stream ? cudaSuccess : cudaErrorInvalidResourceHandle);
  }
  static cudaError_t launch_cooperative_kernel(const void*, dim3, dim3, void**, size_t, cudaStream_t on) {
    if (const cudaError_t failed = fake().enter("cudaLaunchCooperativeKernel"); failed != cudaSuccess) return failed;
    Stream* stream = stream_of(on, "cudaLaunchCooperativeKernel");
    if (stream) fake().put(stream, [] {});
    return fake().fail(stream ? cudaSuccess : cudaErrorInvalidResourceHandle);
  }
  static cudaError_t func_set_attribute(const void*, cudaFuncAttribute, int) {
    return fake().enter("cudaFuncSetAttribute");
  }

  static cudaError_t stream_begin_capture(cudaStream_t handle, cudaStreamCaptureMode) {
    if (const cudaError_t failed = fake().enter("cudaStreamBeginCapture"); failed != cudaSuccess) return failed;
    Stream* stream = stream_of(handle, "cudaStreamBeginCapture");
    if (!stream || stream->capture) return fake().fail(cudaErrorIllegalState);
    stream->capture = std::make_unique<Graph>();
    return cudaSuccess;
  }
  static cudaError_t stream_end_capture(cudaStream_t handle, cudaGraph_t* graph) {
    const cudaError_t failed = fake().enter("cudaStreamEndCapture");
    Stream* stream = stream_of(handle, "cudaStreamEndCapture");
    if (!stream || !stream->capture) return fake().fail(cudaErrorIllegalState);
    std::unique_ptr<Graph> made = std::move(stream->capture);
    if (failed != cudaSuccess) return failed;
    *graph = as<cudaGraph_t>(made.get());
    fake().graphs_[made.get()] = std::move(made);
    return cudaSuccess;
  }
  static cudaError_t graph_instantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
    if (const cudaError_t failed = fake().enter("cudaGraphInstantiate"); failed != cudaSuccess) return failed;
    Graph* from = known(fake().graphs_, as<Graph*>(graph), "cudaGraphInstantiate");
    if (!from) return fake().fail(cudaErrorInvalidResourceHandle);
    auto made = std::make_shared<Graph>(*from);
    *executable = as<cudaGraphExec_t>(made.get());
    fake().executables_[made.get()] = std::move(made);
    return cudaSuccess;
  }
  static cudaError_t graph_upload(cudaGraphExec_t, cudaStream_t) { return fake().enter("cudaGraphUpload"); }
  static cudaError_t graph_launch(cudaGraphExec_t executable, cudaStream_t on) {
    if (const cudaError_t failed = fake().enter("cudaGraphLaunch"); failed != cudaSuccess) return failed;
    Stream* stream = stream_of(on, "cudaGraphLaunch");
    Graph* graph = known(fake().executables_, as<Graph*>(executable), "cudaGraphLaunch");
    if (!stream || !graph) return fake().fail(cudaErrorInvalidResourceHandle);
    fake().put(stream, [work = fake().executables_[graph]] {
      for (const auto& run : *work) run();
    });
    return cudaSuccess;
  }
  static cudaError_t graph_destroy(cudaGraph_t graph) {
    const cudaError_t failed = fake().enter("cudaGraphDestroy");
    if (Graph* known_graph = known(fake().graphs_, as<Graph*>(graph), "cudaGraphDestroy")) {
      fake().graphs_.erase(known_graph);
    }
    return failed;
  }
  static cudaError_t graph_exec_destroy(cudaGraphExec_t executable) {
    const cudaError_t failed = fake().enter("cudaGraphExecDestroy");
    if (Graph* graph = known(fake().executables_, as<Graph*>(executable), "cudaGraphExecDestroy")) {
      fake().executables_.erase(graph);
    }
    return failed;
  }
};

namespace {

constexpr CudaApi kFakeApi = {
    .get_device_count = FakeCudaCalls::get_device_count,
    .set_device = FakeCudaCalls::set_device,
    .get_device_properties = FakeCudaCalls::get_device_properties,
    .driver_get_version = FakeCudaCalls::driver_get_version,
    .runtime_get_version = FakeCudaCalls::runtime_get_version,
    .get_error_name = &cudaGetErrorName,  // tables of text: they need no driver
    .get_error_string = &cudaGetErrorString,
    .get_last_error = FakeCudaCalls::get_last_error,
    .malloc = FakeCudaCalls::malloc,
    .free = FakeCudaCalls::free,
    .mem_get_info = FakeCudaCalls::mem_get_info,
    .host_alloc = FakeCudaCalls::host_alloc,
    .free_host = FakeCudaCalls::free_host,
    .stream_create_with_flags = FakeCudaCalls::stream_create_with_flags,
    .stream_destroy = FakeCudaCalls::stream_destroy,
    .stream_query = FakeCudaCalls::stream_query,
    .stream_synchronize = FakeCudaCalls::stream_synchronize,
    .stream_wait_event = FakeCudaCalls::stream_wait_event,
    .event_create_with_flags = FakeCudaCalls::event_create_with_flags,
    .event_destroy = FakeCudaCalls::event_destroy,
    .event_record = FakeCudaCalls::event_record,
    .event_query = FakeCudaCalls::event_query,
    .event_synchronize = FakeCudaCalls::event_synchronize,
    .event_elapsed_time = FakeCudaCalls::event_elapsed_time,
    .memcpy_async = FakeCudaCalls::memcpy_async,
    .memset_async = FakeCudaCalls::memset_async,
    .launch_kernel = FakeCudaCalls::launch_kernel,
    .launch_cooperative_kernel = FakeCudaCalls::launch_cooperative_kernel,
    .func_set_attribute = FakeCudaCalls::func_set_attribute,
    .stream_begin_capture = FakeCudaCalls::stream_begin_capture,
    .stream_end_capture = FakeCudaCalls::stream_end_capture,
    .graph_instantiate = FakeCudaCalls::graph_instantiate,
    .graph_upload = FakeCudaCalls::graph_upload,
    .graph_launch = FakeCudaCalls::graph_launch,
    .graph_destroy = FakeCudaCalls::graph_destroy,
    .graph_exec_destroy = FakeCudaCalls::graph_exec_destroy,
};

}  // namespace

FakeCuda::FakeCuda(FakeCudaMachine machine) : machine_(machine) {
  LAMINA_ASSERT(!current, "one fake at a time");
  current = this;
  use_ = std::make_unique<UseCudaApi>(kFakeApi);
}

FakeCuda::~FakeCuda() {
  for (const auto& [block, bytes] : device_memory_) std::free(block);
  for (const auto& [block, bytes] : pinned_memory_) std::free(block);
  current = nullptr;
}

int FakeCuda::count(const std::string& call) const {
  return static_cast<int>(std::count(calls_.begin(), calls_.end(), call));
}

void FakeCuda::fail_call(int n, cudaError_t status) {
  fail_in_ = n;
  fail_status_ = status;
  failure_met_ = false;
}

void FakeCuda::fail_calls_of(const std::string& call, cudaError_t status) { failing_calls_[call] = status; }

std::string FakeCuda::live() const {
  std::vector<std::string> found;
  const auto list = [&](size_t number, const char* what) {
    if (number > 0) found.push_back(text(number, " ", what));
  };
  list(streams_.size(), "streams");
  list(events_.size(), "events");
  list(graphs_.size(), "graphs");
  list(executables_.size(), "executable graphs");
  list(device_memory_.size(), "blocks of device memory");
  list(pinned_memory_.size(), "blocks of pinned memory");
  return join(found);
}

void FakeCuda::run_everything() {
  for (const auto& [stream, owned] : streams_) run_all(stream);
}

void FakeCuda::run_all_but(cudaStream_t slow) {
  for (const auto& [stream, owned] : streams_) {
    while (stream != as<Stream*>(slow) && !stream->queue.empty()) {
      const Work work = stream->queue.front();
      if (work.after && !work.after->passed && work.after->stream == as<Stream*>(slow)) break;
      run_until(work.after);
      work.run();
      stream->queue.erase(stream->queue.begin());
    }
  }
}

cudaError_t FakeCuda::enter(const char* call) {
  calls_.emplace_back(call);
  if (machine_.pace == FakePace::random) run_some();
  if (fail_in_ > 0 && --fail_in_ == 0) {
    failure_met_ = true;
    return fail(fail_status_);
  }
  const auto failing = failing_calls_.find(call);
  return fail(failing == failing_calls_.end() ? cudaSuccess : failing->second);
}

cudaError_t FakeCuda::fail(cudaError_t status) {
  if (status != cudaSuccess) last_error_ = status;
  return status;
}

void FakeCuda::violation(const std::string& what) { violations_.push_back(what); }

bool FakeCuda::capturing() const {
  return std::any_of(streams_.begin(), streams_.end(),
                     [](const auto& stream) { return stream.first->capture != nullptr; });
}

void FakeCuda::forbid_in_capture(const char* call) {
  if (capturing()) violation(text(call, " inside a capture"));
}

void FakeCuda::put(Stream* stream, std::function<void()> run, std::shared_ptr<Mark> after) {
  if (stream->capture) {
    if (after) violation("a captured stream waits for an event of another");
    stream->capture->push_back(std::move(run));
  } else {
    stream->queue.push_back({std::move(run), std::move(after)});
    if (machine_.pace == FakePace::early) run_all(stream);
  }
}

void FakeCuda::run_until(const std::shared_ptr<Mark>& mark) {
  while (mark && !mark->passed) {
    Stream* stream = mark->stream;
    if (!streams_.contains(stream) || stream->queue.empty()) return violation("waits for an event that never comes");
    run_first(stream);
  }
}

void FakeCuda::run_first(Stream* stream) {
  const Work work = std::move(stream->queue.front());
  stream->queue.erase(stream->queue.begin());
  run_until(work.after);
  work.run();
}

void FakeCuda::run_some() {
  for (const auto& [stream, owned] : streams_) {
    while (!stream->queue.empty() && random_() % 3 == 0) run_first(stream);
  }
}

void FakeCuda::run_all(Stream* stream) {
  auto last = std::make_shared<Mark>(Mark{stream});
  stream->queue.push_back({[last] { last->passed = true; }, nullptr});
  run_until(last);
}

void FakeCuda::check_range(const char* call, const void* begin, size_t bytes, bool on_device) {
  const auto& memory = on_device ? device_memory_ : pinned_memory_;
  char* first = static_cast<char*>(const_cast<void*>(begin));
  auto block = memory.upper_bound(first);
  const bool inside = block != memory.begin() && (--block, first + bytes <= block->first + block->second);
  if (!inside) violation(text(call, " outside of ", on_device ? "device" : "pinned", " memory"));
}

}  // namespace lamina::testing
