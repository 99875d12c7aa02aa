// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/cuda/cuda_handles.h"

namespace lamina {

CudaStream make_stream(const CudaContext& cuda) {
  cudaStream_t stream = nullptr;
  CUDA_CHECK(cuda.api.stream_create_with_flags(&stream, cudaStreamNonBlocking));
  return CudaStream(stream, {&cuda, "cudaStreamDestroy"});
}

CudaEvent make_event(const CudaContext& cuda) {
  cudaEvent_t event = nullptr;
  CUDA_CHECK(cuda.api.event_create_with_flags(&event, cudaEventDisableTiming));
  return CudaEvent(event, {&cuda, "cudaEventDestroy"});
}

PinnedMemory make_pinned(const CudaContext& cuda, size_t bytes) {
  void* host = nullptr;
  CUDA_CHECK(cuda.api.host_alloc(&host, bytes, cudaHostAllocDefault));
  return PinnedMemory(host, {&cuda, "cudaFreeHost"});
}

CudaGraph own(const CudaContext& cuda, cudaGraph_t graph) { return CudaGraph(graph, {&cuda, "cudaGraphDestroy"}); }

CudaGraphExec own(const CudaContext& cuda, cudaGraphExec_t executable) {
  return CudaGraphExec(executable, {&cuda, "cudaGraphExecDestroy"});
}

DeviceMemory own(const CudaContext& cuda, void* device) { return DeviceMemory(device, {&cuda, "cudaFree"}); }

}  // namespace lamina
