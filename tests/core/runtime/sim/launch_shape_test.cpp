// SPDX-License-Identifier: Apache-2.0
// Launches that a GPU refuses are refused here with the same exit code, 6, and the limit in the message.
#include <gtest/gtest.h>

#include <string>

#include "core/base/error.h"
#include "core/runtime/sim/kernel_interface.h"
#include "core/runtime/sim/sim_device.h"
#include "tests/core/runtime/sim/kernels/launch_kernels.h"

namespace lamina {
namespace {

std::string refusal_of(simt::dim3 grid, simt::dim3 block, size_t shared_bytes = 0, bool cooperative = false) {
  try {
    simt::run_kernel({"a_kernel", [](const void*) {}, nullptr, grid, block, shared_bytes, cooperative});
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device);
    return error.what();
  }
  return "none";
}

TEST(LaunchShape, IsRefusedWhereAGpuRefusesIt) {
  using simt::dim3;
  EXPECT_EQ(refusal_of(dim3(1), dim3(1025)),
            "[sim] kernel a_kernel: a block of 1025 x 1 x 1 threads; at most 1024 in all and 64 in z");
  EXPECT_EQ(refusal_of(dim3(1), dim3(1, 1, 65)),
            "[sim] kernel a_kernel: a block of 1 x 1 x 65 threads; at most 1024 in all and 64 in z");
  EXPECT_EQ(refusal_of(dim3(1, 1, 65536), dim3(1)),
            "[sim] kernel a_kernel: a grid of 1 x 1 x 65536 blocks; at most 2^31 - 1, 65535 and 65535");
  EXPECT_EQ(refusal_of(dim3(257), dim3(1), 0, true),
            "[sim] kernel a_kernel: a cooperative launch of 257 blocks; at most 256 on sim");
}

// 227 KiB on sm_90, but the same kernel must run on sm_80.
TEST(LaunchShape, HasTheSharedMemoryOfTheSmallestGpu) {
  constexpr size_t kMost = 163 * 1024;
  EXPECT_EQ(refusal_of(simt::dim3(1), simt::dim3(1), kMost + 1),
            "[sim] kernel a_kernel: 166913 bytes of dynamic shared memory; at most 166912 (163 KiB) on sm_80");
  const auto device = make_sim_device();
  const Buffer y = device->allocate(sizeof(float), "y");
  sim::take_shared(static_cast<float*>(y.data()), kMost);
  float last = 0;
  device->download(&last, y.data(), sizeof(last));
  EXPECT_EQ(last, 1.0f);
}

}  // namespace
}  // namespace lamina
