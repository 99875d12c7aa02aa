// SPDX-License-Identifier: Apache-2.0
// Copies through pinned memory. The fake runs them as late or as early as it may, or now and then, so pinned memory or a
// landing buffer that is used again too early shows as wrong bytes.
#include "core/runtime/cuda/host_transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "core/base/error.h"
#include "core/runtime/cuda/pinned_ring.h"
#include "tests/core/runtime/cuda/training_step.h"
#include "tests/testing/fake_cuda.h"

namespace lamina {
namespace {

using testing::bytes_of_batch;
using testing::FakeCuda;
using testing::FakePace;
using ::testing::IsEmpty;

constexpr size_t kMiB = size_t{1} << 20;

class HostTransferTest : public ::testing::Test {
 protected:
  explicit HostTransferTest(FakePace pace = FakePace::late) : cuda({.memory = 700 * kMiB, .pace = pace}) {}

  // Work that takes its time: it is not over until something waits for it.
  void keep_busy() { CUDA_CHECK(context.api.memset_async(busy.get(), 1, 1, work.get())); }
  bool is_still_busy() const { return *static_cast<const char*>(busy.get()) != 1; }

  void round_trip(size_t bytes) {
    const DeviceMemory memory = device_memory(bytes);
    std::vector<uint8_t> source = bytes_of_batch(bytes, 1);
    transfer.upload(memory.get(), source.data(), bytes);
    std::fill(source.begin(), source.end(), uint8_t{0});  // it may be written again at once
    std::vector<uint8_t> back(bytes);
    transfer.download(back.data(), memory.get(), bytes);
    EXPECT_EQ(back, bytes_of_batch(bytes, 1)) << bytes;
  }

  DeviceMemory device_memory(size_t bytes) {
    void* memory = nullptr;
    CUDA_CHECK(context.api.malloc(&memory, bytes));
    return own(context, memory);
  }

  void TearDown() override {
    EXPECT_THAT(cuda.violations(), IsEmpty());
    EXPECT_TRUE(cuda.last_error_is_clear());
  }

  FakeCuda cuda;
  CudaContext context{cuda_api(), {}, 0};
  CudaStream work = make_stream(context);
  DeviceMemory busy = device_memory(1);
  HostTransfer transfer{context, work.get()};
};

class HostTransferAtAnyPace : public HostTransferTest, public ::testing::WithParamInterface<FakePace> {
 protected:
  HostTransferAtAnyPace() : HostTransferTest(GetParam()) {}

  std::vector<uint8_t> any_bytes(size_t bytes) {
    std::vector<uint64_t> words(bytes / 8 + 1);
    for (uint64_t& word : words) word = random();
    std::vector<uint8_t> values(bytes);
    if (bytes > 0) std::memcpy(values.data(), words.data(), bytes);
    return values;
  }

  std::mt19937_64 random{7};
};

TEST_P(HostTransferAtAnyPace, CarriesAnyNumberOfBytesBothWays) {
  for (const size_t bytes : {size_t{1}, size_t{255}, kMiB - 1, kMiB, 4 * kMiB + 3, 37 * kMiB + 11}) round_trip(bytes);
}

// Wherever the download before left off: the bytes of one piece must be with the host before the next comes into them.
TEST_P(HostTransferAtAnyPace, DownloadsLargeResultsAfterSmallOnes) {
  const DeviceMemory loss = device_memory(3 * kMiB), weights = device_memory(13 * kMiB);
  const std::vector<uint8_t> sent = bytes_of_batch(13 * kMiB, 1);
  transfer.upload(loss.get(), sent.data(), 3 * kMiB);
  transfer.upload(weights.get(), sent.data(), sent.size());
  for (const size_t small : {size_t{4}, size_t{257}, kMiB, 3 * kMiB}) {
    for (const size_t large : {4 * kMiB + 1, 8 * kMiB, 13 * kMiB}) {
      std::vector<uint8_t> value(small), back(large);
      transfer.download(value.data(), loss.get(), small);
      transfer.download(back.data(), weights.get(), large);
      EXPECT_TRUE(std::equal(value.begin(), value.end(), sent.begin())) << small;
      EXPECT_TRUE(std::equal(back.begin(), back.end(), sent.begin())) << small << ", then " << large;
    }
  }
}

TEST_P(HostTransferAtAnyPace, CarriesWhatComesInAnyOrderOfSizes) {
  constexpr size_t kBytes = 18 * kMiB;
  const DeviceMemory memory[] = {device_memory(kBytes), device_memory(kBytes), device_memory(kBytes)};
  std::vector<uint8_t> held[3];  // what each must hold
  for (size_t which = 0; which < 3; ++which) {
    held[which] = any_bytes(kBytes);
    transfer.upload(memory[which].get(), held[which].data(), kBytes);
  }
  for (int step = 0; step < 60; ++step) {
    const size_t which = random() % 3, most = random() % 2 == 0 ? kBytes : size_t{1} << random() % 24;
    const size_t bytes = 1 + random() % most, offset = random() % (kBytes - bytes + 1);
    char* at = static_cast<char*>(memory[which].get()) + offset;
    if (random() % 4 == 0) keep_busy();
    if (random() % 2 == 0) {
      std::vector<uint8_t> sent = any_bytes(bytes);
      std::copy(sent.begin(), sent.end(), held[which].begin() + static_cast<std::ptrdiff_t>(offset));
      transfer.upload(at, sent.data(), bytes);
      std::fill(sent.begin(), sent.end(), uint8_t{0});
    } else {
      std::vector<uint8_t> back(bytes);
      transfer.download(back.data(), at, bytes);
      ASSERT_EQ(std::memcmp(back.data(), held[which].data() + offset, bytes), 0)
          << "step " << step << ": " << bytes << " bytes at " << offset;
    }
  }
}

TEST_P(HostTransferAtAnyPace, DownloadsRightAfterADownloadThatFailed) {
  const DeviceMemory memory = device_memory(13 * kMiB);
  const std::vector<uint8_t> sent = bytes_of_batch(13 * kMiB, 1);
  transfer.upload(memory.get(), sent.data(), sent.size());
  int failed_at = 1;
  for (;; ++failed_at) {
    std::vector<uint8_t> back(sent.size());
    cuda.fail_call(failed_at);
    try {
      transfer.download(back.data(), memory.get(), back.size());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::device);
    }
    if (!cuda.failure_was_met()) break;
    transfer.download(back.data(), memory.get(), back.size());
    EXPECT_TRUE(back == sent) << "call " << failed_at;
  }
  EXPECT_GT(failed_at, 8);
  cuda.fail_call(0);
}

INSTANTIATE_TEST_SUITE_P(Of, HostTransferAtAnyPace,
                         ::testing::Values(FakePace::late, FakePace::early, FakePace::random), [](const auto& pace) {
                           return pace.param == FakePace::late ? "Late" : pace.param == FakePace::early ? "Early" : "Random";
                         });

TEST_F(HostTransferTest, KeepsManySmallUploadsApart) {
  constexpr int kUploads = 50;  // ten times round the ring
  constexpr size_t kBytes = 900'001;
  std::vector<DeviceMemory> memory;
  for (int i = 0; i < kUploads; ++i) {
    memory.push_back(device_memory(kBytes));
    transfer.upload(memory.back().get(), bytes_of_batch(kBytes, i).data(), kBytes);
  }
  for (int i = 0; i < kUploads; ++i) {
    std::vector<uint8_t> back(kBytes);
    transfer.download(back.data(), memory[static_cast<size_t>(i)].get(), kBytes);
    EXPECT_EQ(back, bytes_of_batch(kBytes, i)) << i;
  }
}

TEST_F(HostTransferTest, DoesNotWaitForTheWorkBeforeALargeUpload) {
  const DeviceMemory memory = device_memory(64 * kMiB);
  const std::vector<uint8_t> first = bytes_of_batch(64 * kMiB, 1);
  keep_busy();
  transfer.upload(memory.get(), first.data(), first.size());
  EXPECT_TRUE(is_still_busy());
  std::vector<uint8_t> back(first.size());
  transfer.download(back.data(), memory.get(), back.size());
  EXPECT_EQ(back, first);
}

TEST_F(HostTransferTest, LetsNoSmallUploadHoldUpALargeOne) {
  const DeviceMemory rate = device_memory(4), images = device_memory(64 * kMiB);
  const std::vector<uint8_t> batch = bytes_of_batch(64 * kMiB, 1);
  keep_busy();
  transfer.upload(rate.get(), batch.data(), 4);  // waits in its ring for the work before it
  transfer.upload(images.get(), batch.data(), batch.size());
  EXPECT_TRUE(is_still_busy());
}

TEST_F(HostTransferTest, TakesALandingBufferOnlyWhileTheDeviceIsBusy) {
  const DeviceMemory memory = device_memory(2 * kMiB);
  const std::vector<uint8_t> batch = bytes_of_batch(2 * kMiB, 1);
  const size_t before = cuda.live_device_blocks();
  transfer.upload(memory.get(), batch.data(), batch.size());
  EXPECT_EQ(cuda.live_device_blocks(), before);
  transfer.upload(memory.get(), batch.data(), batch.size());
  EXPECT_EQ(cuda.live_device_blocks(), before + 1);
}

TEST_F(HostTransferTest, UsesALandingBufferAgainOnceItIsEmpty) {
  const DeviceMemory memory = device_memory(2 * kMiB);
  const size_t before = cuda.live_device_blocks();
  for (int batch = 0; batch < 5; ++batch) {
    keep_busy();
    transfer.upload(memory.get(), bytes_of_batch(2 * kMiB, batch).data(), 2 * kMiB);
    std::vector<uint8_t> back(2 * kMiB);
    transfer.download(back.data(), memory.get(), back.size());
    EXPECT_EQ(back, bytes_of_batch(2 * kMiB, batch));
  }
  EXPECT_EQ(cuda.live_device_blocks(), before + 1);
  transfer.release_landings();
  EXPECT_EQ(cuda.live_device_blocks(), before);
}

TEST_F(HostTransferTest, KeepsALandingBufferThatIsStillToBeRead) {
  const DeviceMemory memory[] = {device_memory(2 * kMiB), device_memory(2 * kMiB), device_memory(2 * kMiB)};
  keep_busy();
  for (int batch = 0; batch < 3; ++batch) {
    transfer.upload(memory[batch].get(), bytes_of_batch(2 * kMiB, batch).data(), 2 * kMiB);
    cuda.run_all_but(work.get());  // on the bus already, and the work before it not yet done
    const size_t before = cuda.live_device_blocks();
    transfer.release_landings();
    EXPECT_EQ(cuda.live_device_blocks(), before);
  }
  EXPECT_TRUE(is_still_busy());
  for (int batch = 0; batch < 3; ++batch) {
    std::vector<uint8_t> back(2 * kMiB);
    transfer.download(back.data(), memory[batch].get(), back.size());
    EXPECT_EQ(back, bytes_of_batch(2 * kMiB, batch));
  }
}

TEST_F(HostTransferTest, UploadsInOrderWhereThereIsNoRoomToLand) {
  const DeviceMemory memory = device_memory(100 * kMiB);
  const std::vector<uint8_t> batch = bytes_of_batch(100 * kMiB, 3);
  std::vector<uint8_t> back(batch.size());
  keep_busy();
  cuda.fail_calls_of("cudaMalloc", cudaErrorMemoryAllocation);
  transfer.upload(memory.get(), batch.data(), batch.size());
  EXPECT_TRUE(cuda.last_error_is_clear());
  transfer.download(back.data(), memory.get(), back.size());
  EXPECT_EQ(back, batch);
}

TEST_F(HostTransferTest, HoldsNoMoreLandingMemoryThanItsLimit) {
  const DeviceMemory memory = device_memory(65 * kMiB);
  const std::vector<uint8_t> batch = bytes_of_batch(65 * kMiB, 3);
  const size_t before = cuda.live_device_blocks();
  keep_busy();
  for (int i = 0; i < 4; ++i) transfer.upload(memory.get(), batch.data(), batch.size());  // each takes 128 MiB to land
  EXPECT_LE(cuda.live_device_blocks(), before + 2);
}

TEST(PinnedRing, HandsOutPiecesThatDoNotMeet) {
  FakeCuda cuda;
  const CudaContext context{cuda_api(), {}, 0};
  const CudaStream stream = make_stream(context);
  PinnedRing ring(context, 4096);
  const char* first = static_cast<char*>(ring.take(1000));
  ring.used_on(stream.get());
  const char* second = static_cast<char*>(ring.take(1000));
  ring.used_on(stream.get());
  EXPECT_EQ(second - first, 1024) << "pieces start at multiples of 256";
  EXPECT_EQ(cuda.count("cudaEventSynchronize"), 0);
  const char* third = static_cast<char*>(ring.take(2500));  // does not fit behind the second, so it starts over
  EXPECT_EQ(third, first);
  EXPECT_EQ(cuda.count("cudaEventSynchronize"), 2);
}

TEST(PinnedRing, WaitsForNoMorePiecesThanItMust) {
  FakeCuda cuda;
  const CudaContext context{cuda_api(), {}, 0};
  const CudaStream stream = make_stream(context);
  PinnedRing ring(context, 4096);
  for (int piece = 0; piece < 16; ++piece) {
    ring.take(256);
    ring.used_on(stream.get());
  }
  EXPECT_EQ(cuda.count("cudaEventSynchronize"), 0);
  for (int piece = 1; piece <= 20; ++piece) {
    ring.take(256);
    ring.used_on(stream.get());
    EXPECT_EQ(cuda.count("cudaEventSynchronize"), piece);
  }
  EXPECT_EQ(cuda.count("cudaEventCreateWithFlags"), 17) << "events are used again";
}

TEST(PinnedRing, TakesItsMemoryWithTheFirstPiece) {
  FakeCuda cuda;
  const CudaContext context{cuda_api(), {}, 0};
  PinnedRing ring(context, 4096);
  EXPECT_EQ(cuda.live(), "");
  ring.take(1);
  ring.take(4096);
  EXPECT_EQ(cuda.count("cudaHostAlloc"), 1);
}

}  // namespace
}  // namespace lamina
