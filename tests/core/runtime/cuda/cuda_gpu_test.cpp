// SPDX-License-Identifier: Apache-2.0
// The cuda device on a real GPU (label gpu): skipped, and counted as such, where there is none.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "core/base/error.h"
#include "core/runtime/cuda/cuda_device.h"
#include "core/runtime/cuda/vendor/cublas_table.h"
#include "tests/core/runtime/cuda/training_step.h"

namespace lamina {
namespace {

class CudaGpu : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const CudaAvailability found = cuda_availability(); !found.usable) GTEST_SKIP() << found.why;
    device = make_cuda_device(0, [](std::string_view line) { ADD_FAILURE() << line; });
  }
  std::shared_ptr<Device> device;
};

TEST_F(CudaGpu, CopiesBytesThereAndBack) {
  for (const size_t bytes : {size_t{1}, size_t{1000}, (size_t{1} << 20) + 1, (size_t{37} << 20) + 11}) {
    const Buffer first = device->allocate(bytes, "first");
    const Buffer second = device->allocate(bytes, "second");
    EXPECT_EQ(reinterpret_cast<uintptr_t>(first.data()) % 256, 0u);
    const std::vector<uint8_t> sent = testing::bytes_of_batch(bytes, 1);
    std::vector<uint8_t> back(bytes);
    device->upload(first.data(), sent.data(), bytes);
    device->copy(second.data(), first.data(), bytes);
    device->fill_zero(first.data(), bytes);
    device->download(back.data(), second.data(), bytes);
    EXPECT_EQ(back, sent) << bytes;
    device->download(back.data(), first.data(), bytes);
    EXPECT_EQ(back, std::vector<uint8_t>(bytes)) << bytes;
  }
}

TEST_F(CudaGpu, ReplaysACapturedStepOnNewInputs) { EXPECT_TRUE(testing::train(device)); }

TEST_F(CudaGpu, ComesOutOfAFailedCapture) {
  const Buffer buffer = device->allocate(64, "buffer");
  EXPECT_THROW(device->capture([&] {
    device->fill_zero(buffer.data(), 64);
    device->allocate(64, "another");
  }),
               Error);
  EXPECT_TRUE(testing::train(device));
}

TEST_F(CudaGpu, SurvivesAFullDevice) {
  try {
    device->allocate(size_t{1} << 50, "a petabyte");
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 6);
  }
  EXPECT_TRUE(testing::train(device));
}

TEST_F(CudaGpu, MultipliesByCublasInsideACapture) {
  std::string why;
  const CublasTable* cublas_table = cublas(&why);
  if (!cublas_table) GTEST_SKIP() << why;
  constexpr int kSize = 64;
  constexpr size_t kBytes = kSize * kSize * sizeof(float);
  const std::vector<float> ones(kSize * kSize, 1.0F);
  const Buffer a = device->allocate(kBytes, "a"), b = device->allocate(kBytes, "b"), c = device->allocate(kBytes, "c");
  const Buffer workspace = device->allocate(size_t{32} << 20, "cuBLAS workspace");
  device->upload(a.data(), ones.data(), kBytes);
  device->upload(b.data(), ones.data(), kBytes);

  cublasHandle_t handle = nullptr;
  CUBLAS_CHECK(*cublas_table, cublas_table->create(&handle));
  CUBLAS_CHECK(*cublas_table, cublas_table->set_stream(handle, static_cast<cudaStream_t>(device->stream())));
  CUBLAS_CHECK(*cublas_table, cublas_table->set_workspace(handle, workspace.data(), workspace.bytes()));
  const auto multiply = [&] {
    const float one = 1, zero = 0;
    CUBLAS_CHECK(*cublas_table,
                 cublas_table->gemm_ex(handle, CUBLAS_OP_N, CUBLAS_OP_N, kSize, kSize, kSize, &one, a.data(),
                                       CUDA_R_32F, kSize, b.data(), CUDA_R_32F, kSize, &zero, c.data(), CUDA_R_32F,
                                       kSize, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT));
  };
  multiply();
  const auto captured = device->capture(multiply);
  device->fill_zero(c.data(), kBytes);
  captured->replay();
  std::vector<float> product(kSize * kSize);
  device->download(product.data(), c.data(), kBytes);
  EXPECT_EQ(product, std::vector<float>(kSize * kSize, 64.0F));
  CUBLAS_CHECK(*cublas_table, cublas_table->destroy(handle));
}

}  // namespace
}  // namespace lamina
