// SPDX-License-Identifier: Apache-2.0
// Stream capture: the work a function issues becomes a CUDA graph instead of running.
#pragma once

#include <functional>

#include "core/runtime/cuda/cuda_handles.h"

namespace lamina {

// Captures what `work` puts on `stream`, ready to launch there: instantiated, and its parameters on the device, so that
// the first launch is as fast as the rest. An exception of `work` ends the capture and goes on to the caller.
CudaGraphExec capture_graph(const CudaContext& cuda, cudaStream_t stream, const std::function<void()>& work);

}  // namespace lamina
