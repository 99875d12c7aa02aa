// SPDX-License-Identifier: Apache-2.0
// The cuda device: one NVIDIA GPU behind lamina::Device. This header needs no CUDA toolkit; a build without one has the
// same two functions (unavailable.cpp), of which one says so and the other refuses.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/runtime/device.h"

namespace lamina {

struct CudaAvailability {
  bool usable;
  std::string why;  // the GPU's name, or what is missing: "no NVIDIA driver"
};

// Whether GPU `ordinal` of this machine can run this build (it has code for compute capability 8.0 and newer). Throws
// nothing: whatever the driver answers is a reason.
CudaAvailability cuda_availability(int ordinal = 0);

// One GPU with its stream, memory cache and pinned staging memory. Throws ErrorKind::device where it cannot be had.
// `log` takes failures met where throwing is not allowed (in destructors); it may be empty.
//
// A device is driven by one thread at a time; a Buffer may die on any. For one training step as one CUDA graph:
//   run the step once plainly               loads kernels, which a capture must not do
//   work = device->capture(step)            copy, fill_zero and launches on stream(); the rest throws
//   each step: upload(inputs into the buffers the step reads); work->replay(); download(loss)
// A capture holds addresses: the buffers that the step uses must outlive it. Uploading batch k + 1 before downloading
// the loss of step k lets its way over the bus run beside that step.
std::shared_ptr<Device> make_cuda_device(int ordinal = 0, std::function<void(std::string_view line)> log = {});

}  // namespace lamina
