// SPDX-License-Identifier: Apache-2.0
// The table and the check macros around it.
#include "core/runtime/cuda/cuda_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>

#include "core/base/error.h"
#include "core/runtime/cuda/call_name.h"
#include "tests/testing/fake_cuda.h"

namespace lamina {
namespace {

using ::testing::ContainsRegex;
using testing::FakeCuda;

TEST(CudaApi, HasNoEmptyPlace) {
  const CudaApi& api = real_cuda_api();
  void* functions[sizeof(CudaApi) / sizeof(void*)];
  std::memcpy(functions, &api, sizeof(functions));
  for (void* function : functions) EXPECT_NE(function, nullptr);
}

TEST(CudaApi, IsTheRealOneUnlessAnotherIsPutInPlace) {
  EXPECT_EQ(&cuda_api(), &real_cuda_api());
  {
    FakeCuda cuda;
    EXPECT_NE(&cuda_api(), &real_cuda_api());
  }
  EXPECT_EQ(&cuda_api(), &real_cuda_api());
}

TEST(CudaCheck, NamesTheCallTheErrorAndThePlace) {
  FakeCuda cuda;
  cuda.fail_call(1, cudaErrorInvalidValue);
  try {
    CUDA_CHECK(cuda_api().event_synchronize(nullptr));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 6);
    EXPECT_THAT(error.what(),
                ContainsRegex("^\\[cuda\\] cudaEventSynchronize failed with cudaErrorInvalidValue: invalid "
                              "argument \\(.*cuda_api_test.cpp:[0-9]+\\)$"));
  }
}

TEST(CudaCheck, LogsWhereItMayNotThrow) {
  FakeCuda cuda;
  std::string line;
  const CudaLog log = [&](std::string_view text) { line = text; };
  int version = 0;
  CUDA_CHECK_LOG(log, cuda_api().runtime_get_version(&version));
  EXPECT_EQ(line, "");
  cuda.fail_call(1, cudaErrorInvalidValue);
  CUDA_CHECK_LOG(log, cuda_api().runtime_get_version(&version));
  EXPECT_EQ(line,
            "[cuda] cudaRuntimeGetVersion failed with cudaErrorInvalidValue: invalid argument, and was passed over");
}

TEST(CudaCheck, OutlivesALogThatThrowsOrIsEmpty) {
  log_cuda_error({}, cudaErrorUnknown, "cudaFree");
  log_cuda_error([](std::string_view) { throw std::runtime_error("full disk"); }, cudaErrorUnknown, "cudaFree");
}

TEST(CallName, IsTheLibrarysOwn) {
  EXPECT_EQ(call_name("cuda", "cuda_api().stream_begin_capture(stream, mode)"), "cudaStreamBeginCapture");
  EXPECT_EQ(call_name("cuda", "cuda_.api.malloc(&block, f(bytes))"), "cudaMalloc");
  EXPECT_EQ(call_name("cublas", "table->gemm_ex(h, (a), b)"), "cublasGemmEx");
  EXPECT_EQ(call_name("cuda", "cudaMalloc"), "cudaMalloc");
  EXPECT_EQ(call_name("cuda", "cudaMalloc(&p, 3)"), "cudaMalloc");
}

}  // namespace
}  // namespace lamina
