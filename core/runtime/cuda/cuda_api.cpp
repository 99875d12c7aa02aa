// SPDX-License-Identifier: Apache-2.0
// The real table, and the text of a failed call. The only file that names functions of the CUDA runtime.
#include "core/runtime/cuda/cuda_api.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/runtime/cuda/call_name.h"

namespace lamina {
namespace {

constexpr CudaApi kRealCudaApi = {
    .get_device_count = &cudaGetDeviceCount,
    .set_device = &cudaSetDevice,
    .get_device_properties = &cudaGetDeviceProperties,
    .driver_get_version = &cudaDriverGetVersion,
    .runtime_get_version = &cudaRuntimeGetVersion,
    .get_error_name = &cudaGetErrorName,
    .get_error_string = &cudaGetErrorString,
    .get_last_error = &cudaGetLastError,
    .malloc = &cudaMalloc,
    .free = &cudaFree,
    .mem_get_info = &cudaMemGetInfo,
    .host_alloc = &cudaHostAlloc,
    .free_host = &cudaFreeHost,
    .stream_create_with_flags = &cudaStreamCreateWithFlags,
    .stream_destroy = &cudaStreamDestroy,
    .stream_query = &cudaStreamQuery,
    .stream_synchronize = &cudaStreamSynchronize,
    .stream_wait_event = &cudaStreamWaitEvent,
    .event_create_with_flags = &cudaEventCreateWithFlags,
    .event_destroy = &cudaEventDestroy,
    .event_record = &cudaEventRecord,
    .event_query = &cudaEventQuery,
    .event_synchronize = &cudaEventSynchronize,
    .event_elapsed_time = &cudaEventElapsedTime,
    .memcpy_async = &cudaMemcpyAsync,
    .memset_async = &cudaMemsetAsync,
    .launch_kernel = &cudaLaunchKernel,
    .launch_cooperative_kernel = &cudaLaunchCooperativeKernel,
    .func_set_attribute = &cudaFuncSetAttribute,
    .stream_begin_capture = &cudaStreamBeginCapture,
    .stream_end_capture = &cudaStreamEndCapture,
    .graph_instantiate = &cudaGraphInstantiate,
    .graph_upload = &cudaGraphUpload,
    .graph_launch = &cudaGraphLaunch,
    .graph_destroy = &cudaGraphDestroy,
    .graph_exec_destroy = &cudaGraphExecDestroy,
};

const CudaApi* api_in_use = &kRealCudaApi;

std::string_view remedy_for(cudaError_t status) {
  switch (status) {
    case cudaErrorIllegalAddress:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure:
    case cudaErrorAssert:
      return "; a kernel launched earlier failed: run the same with --device sim to see the kernel and the line";
    case cudaErrorMemoryAllocation:
      return "; a smaller batch needs less memory";
    case cudaErrorNoKernelImageForDevice:
      return "; this build has no code for this GPU: see CMAKE_CUDA_ARCHITECTURES";
    default:
      return "";
  }
}

}  // namespace

const CudaApi& real_cuda_api() { return kRealCudaApi; }
const CudaApi& cuda_api() { return *api_in_use; }

UseCudaApi::UseCudaApi(const CudaApi& api) : before_(api_in_use) { api_in_use = &api; }
UseCudaApi::~UseCudaApi() { api_in_use = before_; }

std::string cuda_error_text(cudaError_t status) {
  return text(cuda_api().get_error_name(status), ": ", cuda_api().get_error_string(status));
}

void throw_cuda_error(cudaError_t status, std::string_view call, const char* file, int line) {
  cuda_api().get_last_error();  // it is told here, so nobody else is to find it
  throw Error(ErrorKind::device, text("[cuda] ", call_name("cuda", call), " failed with ", cuda_error_text(status),
                                      " (", file, ":", line, ")", remedy_for(status)));
}

void log_cuda_error(const CudaLog& log, cudaError_t status, std::string_view call) noexcept {
  cuda_api().get_last_error();
  // The runtime is already gone where a device dies with the static objects: the driver has freed everything.
  if (!log || status == cudaErrorCudartUnloading) return;
  try {
    log(text("[cuda] ", call_name("cuda", call), " failed with ", cuda_error_text(status), ", and was passed over"));
  } catch (...) {
    // A sink that throws must not end the process from a destructor.
  }
}

}  // namespace lamina
