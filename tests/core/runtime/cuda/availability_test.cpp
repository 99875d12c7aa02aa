// SPDX-License-Identifier: Apache-2.0
// What is said of machines that have no GPU for this build.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/runtime/cuda/cuda_device.h"
#include "tests/testing/fake_cuda.h"

namespace lamina {
namespace {

using testing::FakeCuda;
using testing::FakeCudaMachine;
using ::testing::HasSubstr;

std::string why_not(const FakeCudaMachine& machine, int ordinal = 0) {
  FakeCuda cuda(machine);
  const CudaAvailability found = cuda_availability(ordinal);
  EXPECT_FALSE(found.usable);
  EXPECT_TRUE(cuda.last_error_is_clear());
  return found.why;
}

TEST(CudaAvailability, NamesTheGpuThatIsThere) {
  FakeCuda cuda;
  const CudaAvailability found = cuda_availability();
  EXPECT_TRUE(found.usable);
  EXPECT_EQ(found.why, "Fake GPU, sm_90, 4 SMs, 1024 MiB");
}

TEST(CudaAvailability, TakesStatus35ForNoDriver) {
  EXPECT_EQ(why_not({.count_status = static_cast<cudaError_t>(35), .driver_version = 0}), "no NVIDIA driver");
}

TEST(CudaAvailability, TellsAnOldDriverFromNone) {
  EXPECT_THAT(why_not({.count_status = static_cast<cudaError_t>(35), .driver_version = 12040}),
              HasSubstr("too old: it offers CUDA 12.4, this build needs 1"));
}

TEST(CudaAvailability, TakesStatus100AndACountOfNoneForNoGpu) {
  EXPECT_EQ(why_not({.count_status = static_cast<cudaError_t>(100)}), "no NVIDIA GPU");
  EXPECT_EQ(why_not({.gpus = 0}), "no NVIDIA GPU");
}

TEST(CudaAvailability, WantsComputeCapability80) {
  EXPECT_EQ(why_not({.major = 7, .minor = 5}), "Fake GPU, sm_75: this build has code for sm_80 and newer");
  FakeCuda cuda({.major = 8, .minor = 0});
  EXPECT_TRUE(cuda_availability().usable);
}

TEST(CudaAvailability, KnowsHowManyGpusThereAre) {
  EXPECT_EQ(why_not({.gpus = 2}, 2), "there is no GPU 2, only 2 (counted from 0)");
  EXPECT_EQ(why_not({.gpus = 2}, -1), "there is no GPU -1, only 2 (counted from 0)");
}

TEST(CudaAvailability, PassesOnWhatElseTheDriverSays) {
  EXPECT_THAT(why_not({.count_status = cudaErrorSystemNotReady}), HasSubstr("cudaErrorSystemNotReady"));
  FakeCuda cuda;
  cuda.fail_calls_of("cudaGetDeviceProperties", cudaErrorUnknown);
  EXPECT_THAT(cuda_availability().why, HasSubstr("GPU 0 answers cudaErrorUnknown"));
}

}  // namespace
}  // namespace lamina
