// SPDX-License-Identifier: Apache-2.0
// Every call to the CUDA runtime as one table of function pointers: host code calls cuda_api().malloc(...), never
// cudaMalloc, so that tests put a recording fake in its place and run the cuda device's host code with no GPU.
// CUDA_CHECK is around every call that returns a status; CUDA_CHECK_LOG where throwing is not allowed.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace lamina {

// Members are named as in the CUDA runtime API, without the prefix: stream_begin_capture is cudaStreamBeginCapture.
struct CudaApi {
  cudaError_t (*get_device_count)(int* count);
  cudaError_t (*set_device)(int ordinal);
  cudaError_t (*get_device_properties)(cudaDeviceProp* properties, int ordinal);
  cudaError_t (*driver_get_version)(int* version);
  cudaError_t (*runtime_get_version)(int* version);

  const char* (*get_error_name)(cudaError_t status);
  const char* (*get_error_string)(cudaError_t status);
  cudaError_t (*get_last_error)();  // returns and clears the error of the last failed call of this thread

  cudaError_t (*malloc)(void** device, size_t bytes);
  cudaError_t (*free)(void* device);
  cudaError_t (*mem_get_info)(size_t* free_bytes, size_t* total_bytes);
  cudaError_t (*host_alloc)(void** host, size_t bytes, unsigned flags);
  cudaError_t (*free_host)(void* host);

  cudaError_t (*stream_create_with_flags)(cudaStream_t* stream, unsigned flags);
  cudaError_t (*stream_destroy)(cudaStream_t stream);
  cudaError_t (*stream_query)(cudaStream_t stream);
  cudaError_t (*stream_synchronize)(cudaStream_t stream);
  cudaError_t (*stream_wait_event)(cudaStream_t stream, cudaEvent_t event, unsigned flags);

  cudaError_t (*event_create_with_flags)(cudaEvent_t* event, unsigned flags);
  cudaError_t (*event_destroy)(cudaEvent_t event);
  cudaError_t (*event_record)(cudaEvent_t event, cudaStream_t stream);
  cudaError_t (*event_query)(cudaEvent_t event);
  cudaError_t (*event_synchronize)(cudaEvent_t event);
  cudaError_t (*event_elapsed_time)(float* milliseconds, cudaEvent_t begin, cudaEvent_t end);

  cudaError_t (*memcpy_async)(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
  cudaError_t (*memset_async)(void* device, int value, size_t bytes, cudaStream_t stream);
  cudaError_t (*launch_kernel)(const void* kernel, dim3 grid, dim3 block, void** arguments, size_t shared_bytes,
                               cudaStream_t stream);
  cudaError_t (*launch_cooperative_kernel)(const void* kernel, dim3 grid, dim3 block, void** arguments,
                                           size_t shared_bytes, cudaStream_t stream);
  cudaError_t (*func_set_attribute)(const void* kernel, cudaFuncAttribute attribute, int value);

  cudaError_t (*stream_begin_capture)(cudaStream_t stream, cudaStreamCaptureMode mode);
  cudaError_t (*stream_end_capture)(cudaStream_t stream, cudaGraph_t* graph);
  cudaError_t (*graph_instantiate)(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long flags);
  cudaError_t (*graph_upload)(cudaGraphExec_t executable, cudaStream_t stream);
  cudaError_t (*graph_launch)(cudaGraphExec_t executable, cudaStream_t stream);
  cudaError_t (*graph_destroy)(cudaGraph_t graph);
  cudaError_t (*graph_exec_destroy)(cudaGraphExec_t executable);
};

const CudaApi& real_cuda_api();

// The table in use: the real one, unless a UseCudaApi lives. One pointer for the process, since a kernel launch knows
// nothing but its stream.
const CudaApi& cuda_api();

// Puts another table in place for its lifetime (tests). Devices keep the table they were made under, so none may
// outlive it.
class UseCudaApi {
 public:
  explicit UseCudaApi(const CudaApi& api);
  ~UseCudaApi();
  UseCudaApi(const UseCudaApi&) = delete;
  UseCudaApi& operator=(const UseCudaApi&) = delete;

 private:
  const CudaApi* before_;
};

// Takes one line about a failure where throwing is not allowed. May be empty.
using CudaLog = std::function<void(std::string_view line)>;

// "cudaErrorMemoryAllocation: out of memory"
std::string cuda_error_text(cudaError_t status);

// ErrorKind::device: `call` as CUDA names it, the error's text, the place, and what to do where that is known.
[[noreturn]] void throw_cuda_error(cudaError_t status, std::string_view call, const char* file, int line);
void log_cuda_error(const CudaLog& log, cudaError_t status, std::string_view call) noexcept;

}  // namespace lamina

#define CUDA_CHECK(call)                                                                \
  do {                                                                                  \
    if (const cudaError_t cuda_check_status = (call); cuda_check_status != cudaSuccess) \
      ::lamina::throw_cuda_error(cuda_check_status, #call, __FILE__, __LINE__);         \
  } while (false)

#define CUDA_CHECK_LOG(log, call)                                                       \
  do {                                                                                  \
    if (const cudaError_t cuda_check_status = (call); cuda_check_status != cudaSuccess) \
      ::lamina::log_cuda_error(log, cuda_check_status, #call);                          \
  } while (false)
