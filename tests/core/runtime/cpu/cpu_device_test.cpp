// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/cpu/cpu_device.h"

#include <dnnl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sanitizer/asan_interface.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/runtime/cpu/threads.h"

namespace lamina {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(CpuDevice, NamesItsThreadsAndItsLibrary) {
  const dnnl_version_t* version = dnnl_version();
  const std::string library = text("oneDNN ", version->major, ".", version->minor, ".", version->patch, ")");
  EXPECT_EQ(make_cpu_device(1)->description(), "cpu (1 thread, " + library);
  EXPECT_EQ(make_cpu_device(3)->description(), "cpu (3 threads, " + library);
  EXPECT_EQ(make_cpu_device(1)->kind(), DeviceKind::cpu);
}

TEST(CpuDevice, AlignsTo256) {
  const auto device = make_cpu_device(1);
  std::vector<Buffer> buffers;
  for (const size_t bytes : {0, 1, 255, 256, 257, 100'003}) {
    buffers.push_back(device->allocate(bytes, "test"));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffers.back().data()) % 256, 0u);
    EXPECT_EQ(buffers.back().bytes(), bytes);
    device->fill_zero(buffers.back().data(), bytes);
  }
}

TEST(CpuDevice, MovesBytes) {
  const auto device = make_cpu_device(1);
  const Buffer first = device->allocate(12, "first"), second = device->allocate(12, "second");
  const std::vector<int32_t> sent = {1, 2, 3};
  std::vector<int32_t> back(3);
  device->upload(first.data(), sent.data(), 12);
  device->copy(second.data(), first.data(), 12);
  device->fill_zero(first.data(), 12);
  device->synchronize();
  device->download(back.data(), second.data(), 12);
  EXPECT_EQ(back, sent);
  device->download(back.data(), first.data(), 12);
  EXPECT_EQ(back, std::vector<int32_t>(3));
  device->copy(nullptr, nullptr, 0);
}

TEST(CpuDevice, CapturesNothing) {
  bool ran = false;
  EXPECT_EQ(make_cpu_device(1)->capture([&] { ran = true; }), nullptr);
  EXPECT_FALSE(ran);
}

TEST(CpuDevice, SaysWhatDidNotFit) {
  for (const size_t bytes : {size_t{1} << 50, std::numeric_limits<size_t>::max()}) {
    try {
      make_cpu_device(1)->allocate(bytes, "the arena of 12 slots");
      FAIL() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 6);
      EXPECT_THAT(error.what(),
                  StartsWith(text("[cpu] no memory for the arena of 12 slots: ", bytes, " bytes asked, ")));
    }
  }
}

#ifdef __SANITIZE_ADDRESS__

TEST(CpuDevice, StandsBetweenRedzones) {
  const auto device = make_cpu_device(1);
  EXPECT_TRUE(device->checks_slots());
  for (const size_t bytes : {1, 7, 100, 256, 1001}) {
    const Buffer buffer = device->allocate(bytes, "test");
    const char* data = static_cast<const char*>(buffer.data());
    EXPECT_EQ(__asan_region_is_poisoned(buffer.data(), bytes), nullptr) << bytes;
    for (const size_t distance : {0, 1, 100, 255}) {
      EXPECT_TRUE(__asan_address_is_poisoned(data + bytes + distance)) << bytes << " + " << distance;
      EXPECT_TRUE(__asan_address_is_poisoned(data - 1 - distance)) << bytes << " before " << distance;
    }
  }
}

TEST(CpuDevice, PoisonsASlotOutsideItsLifetime) {
  const auto device = make_cpu_device(1);
  const Buffer buffer = device->allocate(1001, "test");
  char* data = static_cast<char*>(buffer.data());
  device->poison(data, 1001);
  for (const int at : {0, 500, 1000}) EXPECT_TRUE(__asan_address_is_poisoned(data + at)) << at;
  device->unpoison(data, 1001);
  EXPECT_EQ(__asan_region_is_poisoned(data, 1001), nullptr);
  EXPECT_TRUE(__asan_address_is_poisoned(data + 1001));
  device->poison(data, 1001);  // and is given back so: the heap must get it whole
}

#else

TEST(CpuDevice, ChecksNoSlotsWithoutASanitizer) {
  const auto device = make_cpu_device(1);
  EXPECT_FALSE(device->checks_slots());
  const Buffer buffer = device->allocate(16, "test");
  device->poison(buffer.data(), 16);
  device->fill_zero(buffer.data(), 16);
  device->unpoison(buffer.data(), 16);
}

#endif

TEST(Threads, TakesANumberOrAll) {
  EXPECT_EQ(set_threads(2), 2);
  EXPECT_EQ(threads(), 2);
  EXPECT_GE(set_threads(0), 1);
  for (const int wrong : {-1, 4097}) {
    try {
      set_threads(wrong);
      FAIL() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      EXPECT_THAT(error.what(), HasSubstr(text("got ", wrong)));
    }
  }
}

}  // namespace
}  // namespace lamina
