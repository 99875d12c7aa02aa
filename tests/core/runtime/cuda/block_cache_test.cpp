// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/cuda/block_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/base/error.h"
#include "tests/testing/fake_cuda.h"

namespace lamina {
namespace {

using testing::FakeCuda;
using ::testing::HasSubstr;

constexpr size_t kMiB = size_t{1} << 20;

class BlockCacheTest : public ::testing::Test {
 protected:
  std::string error_of_take(size_t bytes, std::string_view what) {
    try {
      blocks.take(bytes, what);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::device);
      return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return "";
  }

  FakeCuda cuda{{.memory = 100 * kMiB}};
  CudaContext context{cuda_api(), {}, 0};
  int asked_for_room = 0;
  BlockCache blocks{context, [this] { ++asked_for_room; }};
};

TEST_F(BlockCacheTest, HandsABlockOutAgainWithoutCuda) {
  void* block = blocks.take(1000, "a");
  blocks.give_back(block, 1000);
  EXPECT_EQ(blocks.cached_bytes(), 1024u);
  cuda.forget_calls();
  EXPECT_EQ(blocks.take(1020, "b"), block) << "of the same size class";
  EXPECT_EQ(blocks.cached_bytes(), 0u);
  EXPECT_TRUE(cuda.calls().empty());
  blocks.give_back(block, 1020);
}

TEST_F(BlockCacheTest, LosesAtMostAnEighthToItsSizeClasses) {
  size_t before = 0;
  for (size_t bytes = 4096; bytes < (size_t{1} << 36); bytes += bytes / 7) {
    const size_t size = BlockCache::size_class(bytes);
    EXPECT_GE(size, bytes);
    EXPECT_LE(size - bytes, bytes / 8) << bytes;
    EXPECT_GE(size, before) << bytes;
    EXPECT_EQ(BlockCache::size_class(size), size) << bytes;
    EXPECT_EQ(size % 256, 0u);
    before = size;
  }
  EXPECT_EQ(BlockCache::size_class(0), 512u);
  EXPECT_EQ(BlockCache::size_class(513), 768u);
  EXPECT_EQ(BlockCache::size_class((size_t{10} << 30) + 1), (size_t{10} << 30) + 2 * kMiB);
}

TEST_F(BlockCacheTest, FreesWhatItKeepsAndTriesOnceMore) {
  blocks.give_back(blocks.take(60 * kMiB, "a"), 60 * kMiB);
  void* block = blocks.take(80 * kMiB, "b");
  EXPECT_NE(block, nullptr);
  EXPECT_EQ(cuda.count("cudaFree"), 1);
  EXPECT_EQ(cuda.count("cudaMalloc"), 3);
  EXPECT_EQ(asked_for_room, 1);
  EXPECT_TRUE(cuda.last_error_is_clear()) << "the first try must not be blamed on the next launch";
  blocks.give_back(block, 80 * kMiB);
}

TEST_F(BlockCacheTest, SaysWhatDidNotFit) {
  void* block = blocks.take(30 * kMiB, "a");
  EXPECT_EQ(error_of_take(80 * kMiB, "the arena of 12 slots"),
            "[cuda] no memory for the arena of 12 slots: 83,886,080 bytes asked, 73,400,320 of 104,857,600 are free on "
            "device 0; a smaller batch needs less");
  EXPECT_TRUE(cuda.last_error_is_clear());
  EXPECT_THAT(error_of_take(std::numeric_limits<size_t>::max(), "x"), HasSubstr("18446744073709551615 bytes asked"));
  cuda.fail_calls_of("cudaMemGetInfo", cudaErrorUnknown);
  EXPECT_THAT(error_of_take(80 * kMiB, "x"), HasSubstr("an unknown number of bytes is free"));
  blocks.give_back(block, 30 * kMiB);
}

TEST_F(BlockCacheTest, DoesNotTakeAFaultForAFullDevice) {
  cuda.fail_calls_of("cudaMalloc", cudaErrorIllegalAddress);
  EXPECT_THAT(error_of_take(16, "x"), HasSubstr("cudaMalloc failed with cudaErrorIllegalAddress"));
  EXPECT_EQ(cuda.count("cudaMalloc"), 1);
}

TEST_F(BlockCacheTest, FreesEverythingInTheEnd) {
  {
    BlockCache short_lived(context, [] {});
    short_lived.give_back(short_lived.take(16, "a"), 16);
    short_lived.give_back(short_lived.take(5 * kMiB, "b"), 5 * kMiB);
    EXPECT_EQ(cuda.live_device_blocks(), 2u);
  }
  EXPECT_EQ(cuda.live_device_blocks(), 0u);
}

}  // namespace
}  // namespace lamina
