// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/cuda/captured_graph.h"

namespace lamina {

CudaGraphExec capture_graph(const CudaContext& cuda, cudaStream_t stream, const std::function<void()>& work) {
  // Thread-local: a cudaMalloc of this thread spoils the capture (as it must), one of a data loader's thread does not.
  CUDA_CHECK(cuda.api.stream_begin_capture(stream, cudaStreamCaptureModeThreadLocal));
  cudaGraph_t captured = nullptr;
  try {
    work();
  } catch (...) {
    CUDA_CHECK_LOG(cuda.log, cuda.api.stream_end_capture(stream, &captured));
    const CudaGraph discarded = own(cuda, captured);
    throw;
  }
  const cudaError_t ended = cuda.api.stream_end_capture(stream, &captured);
  const CudaGraph graph = own(cuda, captured);
  if (ended != cudaSuccess) throw_cuda_error(ended, "cudaStreamEndCapture", __FILE__, __LINE__);

  cudaGraphExec_t instantiated = nullptr;
  CUDA_CHECK(cuda.api.graph_instantiate(&instantiated, graph.get(), 0));
  CudaGraphExec executable = own(cuda, instantiated);
  CUDA_CHECK(cuda.api.graph_upload(executable.get(), stream));
  return executable;
}

}  // namespace lamina
