// SPDX-License-Identifier: Apache-2.0
// Which GPU there is, if any, and whether this build has code for it.
#include <utility>

#include "core/base/text.h"
#include "core/runtime/cuda/cuda_api.h"
#include "core/runtime/cuda/cuda_device.h"

namespace lamina {
namespace {

// The oldest architecture of the build's code: sm_80 SASS and compute_80 PTX, which the driver compiles for newer GPUs.
constexpr int kOldestMajor = 8;

std::string version_text(int version) { return text(version / 1000, ".", version % 1000 / 10); }

CudaAvailability no(std::string why) { return {false, std::move(why)}; }

// 35 is one status for two things: no driver at all, and one that is older than the runtime linked into this program.
std::string driver_problem(const CudaApi& api) {
  int driver = 0;
  int runtime = 0;
  if (api.driver_get_version(&driver) != cudaSuccess || driver == 0) return "no NVIDIA driver";
  if (api.runtime_get_version(&runtime) != cudaSuccess) runtime = CUDART_VERSION;
  return text("the NVIDIA driver is too old: it offers CUDA ", version_text(driver), ", this build needs ",
              version_text(runtime));
}

}  // namespace

CudaAvailability cuda_availability(int ordinal) {
  const CudaApi& api = cuda_api();
  int count = 0;
  const cudaError_t counted = api.get_device_count(&count);
  if (counted != cudaSuccess) api.get_last_error();  // a reason, not a failure: leave no trace of it
  if (counted == cudaErrorInsufficientDriver) return no(driver_problem(api));
  if (counted == cudaErrorNoDevice || (counted == cudaSuccess && count == 0)) return no("no NVIDIA GPU");
  if (counted != cudaSuccess) return no(text("the CUDA driver answers ", cuda_error_text(counted)));
  if (ordinal < 0 || ordinal >= count) {
    return no(text("there is no GPU ", ordinal, ", only ", count, " (counted from 0)"));
  }

  cudaDeviceProp gpu{};
  if (const cudaError_t status = api.get_device_properties(&gpu, ordinal); status != cudaSuccess) {
    api.get_last_error();
    return no(text("GPU ", ordinal, " answers ", cuda_error_text(status)));
  }
  const std::string name = text(gpu.name, ", sm_", gpu.major, gpu.minor);
  if (gpu.major < kOldestMajor) return no(text(name, ": this build has code for sm_80 and newer"));
  return {true, text(name, ", ", gpu.multiProcessorCount, " SMs, ", gpu.totalGlobalMem >> 20, " MiB")};
}

}  // namespace lamina
