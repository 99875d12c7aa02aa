// SPDX-License-Identifier: Apache-2.0
// Owners of what the CUDA runtime hands out: streams, events, graphs, device and pinned memory. Each is a unique_ptr
// that gives its thing back through the table; a failure there goes to the log.
#pragma once

#include <cstddef>
#include <memory>

#include "core/runtime/cuda/cuda_api.h"

namespace lamina {

// What every part of one cuda device needs. Owned by the device and outlives the parts.
struct CudaContext {
  const CudaApi& api;
  CudaLog log;
  int ordinal;
};

template <class T, cudaError_t (*CudaApi::*kGiveBack)(T*)>
struct CudaCloser {
  const CudaContext* cuda = nullptr;
  const char* call = "";  // for the log

  void operator()(T* handle) const noexcept {
    if (const cudaError_t status = (cuda->api.*kGiveBack)(handle); status != cudaSuccess) {
      log_cuda_error(cuda->log, status, call);
    }
  }
};

template <class T, cudaError_t (*CudaApi::*kGiveBack)(T*)>
using CudaHandle = std::unique_ptr<T, CudaCloser<T, kGiveBack>>;

using CudaStream = CudaHandle<CUstream_st, &CudaApi::stream_destroy>;
using CudaEvent = CudaHandle<CUevent_st, &CudaApi::event_destroy>;
using CudaGraph = CudaHandle<CUgraph_st, &CudaApi::graph_destroy>;
using CudaGraphExec = CudaHandle<CUgraphExec_st, &CudaApi::graph_exec_destroy>;
using DeviceMemory = CudaHandle<void, &CudaApi::free>;
using PinnedMemory = CudaHandle<void, &CudaApi::free_host>;

// These keep `cuda` and throw ErrorKind::device.
CudaStream make_stream(const CudaContext& cuda);  // does not wait for the legacy default stream
CudaEvent make_event(const CudaContext& cuda);    // for ordering, keeps no time
PinnedMemory make_pinned(const CudaContext& cuda, size_t bytes);

CudaGraph own(const CudaContext& cuda, cudaGraph_t graph);
CudaGraphExec own(const CudaContext& cuda, cudaGraphExec_t executable);
DeviceMemory own(const CudaContext& cuda, void* device);

}  // namespace lamina
