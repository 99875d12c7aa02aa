// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/select_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/runtime/cpu/threads.h"
#include "core/runtime/cuda/cuda_device.h"
#include "core/runtime/sim/options.h"

namespace lamina {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(SelectDevice, GivesWhatIsAskedForByName) {
  const DeviceChoice cpu = select_device("cpu", 2);
  EXPECT_EQ(cpu.device->kind(), DeviceKind::cpu);
  EXPECT_EQ(threads(), 2);
  EXPECT_THAT(cpu.line, StartsWith("device: cpu (2 threads, oneDNN "));
  EXPECT_THAT(cpu.line, HasSubstr("), as asked"));
  EXPECT_EQ(select_device("sim", 3).device->kind(), DeviceKind::sim);
  EXPECT_EQ(sim_options().threads, 3);
}

// One number for the process: the last that was asked for, for those who asked before too, and the lines say so.
TEST(SelectDevice, SaysTheNumberOfThreadsThatIsInForce) {
  const DeviceChoice first = select_device("cpu", 2);
  const DeviceChoice second = select_device("cpu", 3);
  EXPECT_EQ(first.device, second.device) << "models share their device, and the memory of shared weights";
  EXPECT_THAT(second.line, StartsWith("device: cpu (3 threads, "));
  EXPECT_THAT(first.device->description(), StartsWith("cpu (3 threads, "));
  EXPECT_EQ(threads(), 3);
  const DeviceChoice simulator = select_device("sim", 4);
  EXPECT_EQ(threads(), 4);
  EXPECT_EQ(select_device("cpu", 2).device, first.device);
  EXPECT_EQ(sim_options().threads, 2);
}

TEST(SelectDevice, ThatFailsLeavesTheThreadsAsTheyWere) {
  select_device("cpu", 2);
  EXPECT_THROW(select_device("cudo", 3), Error);
  EXPECT_EQ(threads(), 2);
  EXPECT_EQ(sim_options().threads, 2);
  for (const char* device : {"cpu", "sim", "auto"}) {
    try {
      select_device(device, -1);
      FAIL() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      EXPECT_STREQ(error.what(), "threads must be between 1 and 4096, or 0 for all, got -1");
    }
    EXPECT_EQ(threads(), 2);
  }
}

TEST(SelectDevice, TakesTheGpuByItselfOrSaysWhyNot) {
  const CudaAvailability cuda = cuda_availability();
  const DeviceChoice choice = select_device("auto", 1);
  EXPECT_EQ(choice.device->kind(), cuda.usable ? DeviceKind::cuda : DeviceKind::cpu);
  EXPECT_THAT(choice.line, HasSubstr(cuda.why));
  EXPECT_EQ(choice.line.find('\n'), std::string::npos);
}

TEST(SelectDevice, DoesNotFallBackFromCuda) {
  if (cuda_availability().usable) {
    EXPECT_EQ(select_device("cuda", 1).device->kind(), DeviceKind::cuda);
    return;
  }
  try {
    select_device("cuda", 1);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 6);
    EXPECT_THAT(error.what(), HasSubstr("the devices cpu and sim"));
  }
}

TEST(SelectDevice, ListsTheDevicesForAnUnknownWord) {
  try {
    select_device("cudo", 1);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    EXPECT_STREQ(error.what(), "unknown device 'cudo' (did you mean 'cuda'?); there are auto, cpu, cuda and sim");
  }
}

}  // namespace
}  // namespace lamina
