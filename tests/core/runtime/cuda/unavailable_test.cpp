// SPDX-License-Identifier: Apache-2.0
// The stand-in of builds without a CUDA toolkit: compiled into this test in every build.
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/runtime/cuda/cuda_device.h"

namespace lamina {
namespace {

TEST(CudaUnavailable, SaysThatTheBuildHasNone) {
  EXPECT_FALSE(cuda_availability().usable);
  EXPECT_EQ(cuda_availability().why, "this build has no CUDA: it was configured without a CUDA toolkit");
  try {
    make_cuda_device();
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 6);
    EXPECT_STREQ(error.what(),
                 "[cuda] this build has no CUDA: it was configured without a CUDA toolkit; the devices cpu "
                 "and sim are to be had");
  }
}

}  // namespace
}  // namespace lamina
