// SPDX-License-Identifier: Apache-2.0
// The cuda device against the recording fake: what it asks of CUDA, in which order, and what becomes of failures.
#include "core/runtime/cuda/cuda_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "core/base/error.h"
#include "tests/core/runtime/cuda/training_step.h"
#include "tests/testing/fake_cuda.h"

namespace lamina {
namespace {

using ::testing::AnyOf;
using testing::bytes_of_batch;
using ::testing::Each;
using testing::FakeCuda;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TrainingStep;

std::string message_of(const std::function<void()>& call, ErrorKind kind = ErrorKind::device) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

TEST(CudaDevice, SaysWhichGpuItIs) {
  FakeCuda cuda;
  const auto device = make_cuda_device();
  EXPECT_EQ(device->kind(), DeviceKind::cuda);
  EXPECT_EQ(device->description(), "cuda (Fake GPU, sm_90, 4 SMs, 1024 MiB)");
  EXPECT_NE(device->stream(), nullptr);
}

TEST(CudaDevice, RunsACapturedStepOnEachNewBatch) {
  FakeCuda cuda;
  EXPECT_TRUE(testing::train(make_cuda_device()));
  EXPECT_THAT(cuda.violations(), IsEmpty());
  EXPECT_EQ(cuda.live(), "");
  EXPECT_EQ(cuda.count("cudaGraphLaunch"), 3);
  EXPECT_EQ(cuda.count("cudaGraphInstantiate"), 1);
}

TEST(CudaDevice, PutsNothingIntoACaptureButWork) {
  FakeCuda cuda;
  const TrainingStep step(make_cuda_device());
  cuda.forget_calls();
  const auto captured = step.device->capture([&] { step.run(); });
  const auto begin = std::find(cuda.calls().begin(), cuda.calls().end(), "cudaStreamBeginCapture");
  const auto end = std::find(cuda.calls().begin(), cuda.calls().end(), "cudaStreamEndCapture");
  ASSERT_LT(begin, end);
  const std::vector<std::string> inside(begin + 1, end);
  EXPECT_EQ(inside.size(), 3u);
  EXPECT_THAT(inside, Each(AnyOf("cudaMemsetAsync", "cudaMemcpyAsync")));
  EXPECT_THAT(cuda.violations(), IsEmpty());
}

TEST(CudaDevice, RunsNothingWhileItCaptures) {
  FakeCuda cuda;
  const TrainingStep step(make_cuda_device());
  const float before = 1, rate = 2;
  float loss = 0;
  step.device->upload(step.loss.data(), &before, sizeof(before));
  step.device->upload(step.rate.data(), &rate, sizeof(rate));
  const auto captured = step.device->capture([&] { step.run(); });
  step.device->download(&loss, step.loss.data(), sizeof(loss));
  EXPECT_EQ(loss, before);
  captured->replay();
  step.device->download(&loss, step.loss.data(), sizeof(loss));
  EXPECT_EQ(loss, rate);
}

TEST(CudaDevice, RefusesInsideACaptureWhatIsNoWork) {
  FakeCuda cuda;
  const TrainingStep step(make_cuda_device());
  Device& device = *step.device;
  const auto earlier = device.capture([&] { step.run(); });
  float value = 0;
  const auto in_capture = [&](const std::function<void()>& call) { return message_of([&] { device.capture(call); }); };
  EXPECT_EQ(in_capture([&] { device.allocate(16, "gate buffer"); }),
            "[cuda] allocation of gate buffer inside a capture: allocate everything before the capture");
  EXPECT_EQ(in_capture([&] { device.upload(step.rate.data(), &value, sizeof(value)); }),
            "[cuda] upload inside a capture: upload inputs before each replay, into the buffers that the captured work "
            "reads");
  EXPECT_EQ(in_capture([&] { device.download(&value, step.rate.data(), sizeof(value)); }),
            "[cuda] download inside a capture: download results after the replay");
  EXPECT_THAT(in_capture([&] { device.synchronize(); }), HasSubstr("synchronize inside a capture"));
  EXPECT_THAT(in_capture([&] { earlier->replay(); }), HasSubstr("replay inside a capture"));
  EXPECT_THAT(in_capture([&] { device.capture([] {}); }), HasSubstr("captures do not nest"));
  EXPECT_THAT(cuda.violations(), IsEmpty());
  EXPECT_TRUE(testing::train(step.device)) << "the device is as good as before";
}

TEST(CudaDevice, EndsTheCaptureWhereTheWorkThrows) {
  FakeCuda cuda;
  {
    const TrainingStep step(make_cuda_device());
    EXPECT_THROW(step.device->capture([&] {
      step.run();
      throw std::out_of_range("of the user");
    }),
                 std::out_of_range);
    EXPECT_EQ(cuda.count("cudaStreamEndCapture"), 1);
    EXPECT_EQ(cuda.count("cudaGraphInstantiate"), 0);
    EXPECT_TRUE(testing::train(step.device));
  }
  EXPECT_EQ(cuda.live(), "");
}

// Every call of a whole run fails once, each in a run of its own. Where an error cannot be thrown it must be logged.
class CudaDeviceFailures : public ::testing::TestWithParam<cudaError_t> {};

TEST_P(CudaDeviceFailures, EachIsExitSixOrALogLineAndLeaksNothing) {
  int failed_at = 1;
  for (;; ++failed_at) {
    FakeCuda cuda;
    cuda.fail_call(failed_at, GetParam());
    std::vector<std::string> log;
    std::string thrown;
    try {
      testing::train(make_cuda_device(0, [&](std::string_view line) { log.emplace_back(line); }));
    } catch (const Error& error) {
      thrown = error.what();
      EXPECT_EQ(error.exit_code(), 6) << thrown;
    }
    EXPECT_EQ(cuda.live(), "") << "call " << failed_at << ": " << thrown;
    EXPECT_THAT(cuda.violations(), IsEmpty()) << "call " << failed_at << ": " << thrown;
    if (!cuda.failure_was_met()) {
      EXPECT_EQ(thrown, "");
      EXPECT_THAT(log, IsEmpty());
      break;
    }
    std::string told = thrown;
    for (const std::string& line : log) told += line;
    EXPECT_THAT(told, HasSubstr(cudaGetErrorName(GetParam()))) << "call " << failed_at;
  }
  EXPECT_GT(failed_at, 80) << "calls of a run: fewer means that it lost a part";
}

INSTANTIATE_TEST_SUITE_P(Of, CudaDeviceFailures, ::testing::Values(cudaErrorUnknown, cudaErrorIllegalAddress),
                         [](const auto& status) { return std::string(cudaGetErrorName(status.param)); });

TEST(CudaDevice, SendsAFaultOfAKernelToTheSimulator) {
  FakeCuda cuda;
  const auto device = make_cuda_device();
  cuda.fail_calls_of("cudaStreamSynchronize", cudaErrorIllegalAddress);
  const std::string message = message_of([&] { device->synchronize(); });
  EXPECT_THAT(message, HasSubstr("[cuda] cudaStreamSynchronize failed with cudaErrorIllegalAddress"));
  EXPECT_THAT(message, HasSubstr("--device sim"));
}

TEST(CudaDevice, LeavesNoErrorBehindThatItHasTold) {
  FakeCuda cuda;
  const auto device = make_cuda_device();
  cuda.fail_calls_of("cudaStreamSynchronize", cudaErrorUnknown);
  message_of([&] { device->synchronize(); });
  EXPECT_TRUE(cuda.last_error_is_clear()) << "a library that asks for the last error would take it for its own";
}

// The current GPU is each thread's own, and a stream takes work only where its GPU is the current one.
TEST(CudaDevice, MakesItsGpuTheCurrentOneBeforeEachCall) {
  FakeCuda cuda({.gpus = 2});
  const TrainingStep step(make_cuda_device(1));
  Device& device = *step.device;
  const auto captured = device.capture([&] { step.run(); });
  float value = 1;
  const std::vector<std::function<void()>> calls = {
      [&] { device.allocate(16, "buffer"); },
      [&] { device.upload(step.rate.data(), &value, sizeof(value)); },
      [&] { device.download(&value, step.rate.data(), sizeof(value)); },
      [&] { device.copy(step.loss.data(), step.rate.data(), sizeof(value)); },
      [&] { device.fill_zero(step.loss.data(), sizeof(value)); },
      [&] { captured->replay(); },
      [&] { device.synchronize(); },
      [&] { device.capture([&] { step.run(); }); },
  };
  for (size_t i = 0; i < calls.size(); ++i) {
    cuda.forget_calls();
    calls[i]();
    ASSERT_FALSE(cuda.calls().empty()) << i;
    EXPECT_EQ(cuda.calls()[0], "cudaSetDevice") << i;
  }
}

TEST(CudaDevice, WaitsForLandingBuffersBeforeItCallsTheDeviceFull) {
  constexpr size_t kMiB = size_t{1} << 20;
  FakeCuda cuda({.memory = 100 * kMiB});
  const auto device = make_cuda_device();
  const Buffer images = device->allocate(64 * kMiB, "images");
  const std::vector<uint8_t> batch = bytes_of_batch(16 * kMiB, 1);
  device->fill_zero(images.data(), images.bytes());
  device->upload(images.data(), batch.data(), batch.size());  // lands in 16 MiB more, and waits there for the zeros
  EXPECT_EQ(cuda.live_device_blocks(), 2u);
  const Buffer weights = device->allocate(30 * kMiB, "weights");
  EXPECT_EQ(cuda.live_device_blocks(), 2u);
  std::vector<uint8_t> back(batch.size());
  device->download(back.data(), images.data(), back.size());
  EXPECT_EQ(back, batch);
}

TEST(CudaDevice, LivesAsLongAsItsBuffersAndItsWork) {
  FakeCuda cuda;
  {
    auto device = make_cuda_device();
    Buffer buffer = device->allocate(64, "weights");
    std::unique_ptr<CapturedWork> captured = device->capture([&] { device->fill_zero(buffer.data(), 64); });
    const std::weak_ptr<Device> watched = device;
    device.reset();
    captured->replay();
    EXPECT_FALSE(watched.expired());
  }
  EXPECT_EQ(cuda.live(), "");
  EXPECT_THAT(cuda.violations(), IsEmpty());
}

TEST(CudaDevice, WaitsForItsWorkBeforeItFreesAnything) {
  FakeCuda cuda;
  {
    const auto device = make_cuda_device();
    const Buffer buffer = device->allocate(64, "weights");
    device->fill_zero(buffer.data(), 64);
    cuda.forget_calls();
  }
  ASSERT_FALSE(cuda.calls().empty());
  EXPECT_EQ(cuda.calls()[0], "cudaSetDevice");
  EXPECT_EQ(cuda.calls()[1], "cudaStreamSynchronize");
  EXPECT_EQ(cuda.count("cudaFree"), 1);
}

TEST(CudaDevice, MovesNoBytesWithoutACall) {
  FakeCuda cuda;
  const auto device = make_cuda_device();
  const Buffer empty = device->allocate(0, "nothing");
  EXPECT_NE(empty.data(), nullptr);
  device->upload(empty.data(), nullptr, 0);
  device->download(nullptr, empty.data(), 0);
  device->copy(empty.data(), empty.data(), 0);
  device->fill_zero(empty.data(), 0);
  EXPECT_EQ(cuda.count("cudaMemcpyAsync") + cuda.count("cudaMemsetAsync"), 0);
}

TEST(CudaDevice, IsNotMadeWhereThereIsNoGpu) {
  FakeCuda cuda({.count_status = cudaErrorNoDevice});
  EXPECT_EQ(message_of([] { make_cuda_device(); }),
            "[cuda] GPU 0 cannot be used: no NVIDIA GPU; the devices cpu and sim need no GPU");
  EXPECT_EQ(cuda.live(), "");
}

}  // namespace
}  // namespace lamina
