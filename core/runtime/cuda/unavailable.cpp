// SPDX-License-Identifier: Apache-2.0
// Stands for the whole cuda device in a build that was configured where there was no CUDA toolkit.
#include "core/base/error.h"
#include "core/runtime/cuda/cuda_device.h"

namespace lamina {

CudaAvailability cuda_availability(int) {
  return {false, "this build has no CUDA: it was configured without a CUDA toolkit"};
}

std::shared_ptr<Device> make_cuda_device(int, std::function<void(std::string_view line)>) {
  throw Error(ErrorKind::device, "[cuda] " + cuda_availability().why + "; the devices cpu and sim are to be had");
}

}  // namespace lamina
