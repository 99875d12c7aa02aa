// SPDX-License-Identifier: Apache-2.0
#include "core/io/zip_deflate.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "core/base/error.h"
#include "core/io/zip_format.h"
#include "core/io/zip_reader.h"

namespace lamina {
namespace {

using Bytes = std::vector<std::byte>;

// Little that repeats: deflate cannot make it smaller, so that its output needs many rounds.
Bytes noise(size_t bytes) {
  Bytes values(bytes);
  uint32_t state = 1;
  for (std::byte& value : values) value = static_cast<std::byte>((state = state * 1664525u + 1013904223u) >> 24);
  return values;
}

TEST(DeflateParts, MakesOneStreamThatUnpacksToThemAll) {
  const Bytes first = noise(1'000'003), second(3'000'000, std::byte{7});
  for (const size_t bytes : {size_t{0}, size_t{1}, (size_t{1} << 14) - 11, (size_t{1} << 14) - 6, size_t{1} << 14, first.size()}) {
    const std::span<const std::byte> part(first.data(), bytes);
    MemorySink sink;
    zip::deflate_parts({part, {}, second, part}, sink);
    Bytes all(part.begin(), part.end());
    all.insert(all.end(), second.begin(), second.end());
    all.insert(all.end(), part.begin(), part.end());
    ZipMember member;
    member.name = "all";
    member.method = zip::kDeflated;
    member.crc = zip::crc32(all);
    member.unpacked_bytes = static_cast<int64_t>(all.size());
    member.packed = sink.bytes();
    Bytes storage;
    extract(member, storage, "x.npz");
    EXPECT_TRUE(storage == all) << bytes;
  }
}

class FullSink final : public ByteSink {
 public:
  void write(const void*, size_t) override { throw std::runtime_error("disk full"); }
};

TEST(DeflateParts, GivesItsMemoryBackWhereTheSinkThrows) {
  const Bytes bytes = noise(1'000'000);
  const auto in_use = [] {
    const struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
  };
  FullSink sink;
  EXPECT_THROW(zip::deflate_parts({bytes}, sink), std::runtime_error);
  const size_t before = in_use();
  for (int i = 0; i < 40; ++i) EXPECT_THROW(zip::deflate_parts({bytes}, sink), std::runtime_error);
  EXPECT_LT(in_use(), before + (size_t{1} << 20)) << "deflate takes 256 KiB each time";
}

#ifndef __SANITIZE_ADDRESS__  // whose allocator ends the process where there is no memory

// Uses all the memory that this process may have but some 4 KiB, which an error needs.
void use_all_memory() {
  void* volatile left = std::malloc(4 << 10);  // volatile: a compiler may leave out what is only freed
  size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlimit limit{pages * static_cast<size_t>(sysconf(_SC_PAGESIZE)), RLIM_INFINITY};
  setrlimit(RLIMIT_AS, &limit);
  for (size_t bytes = size_t{1} << 20; bytes >= 64; bytes /= 2) {
    while (void* taken = std::malloc(bytes)) *static_cast<volatile char*>(taken) = 1;
  }
  std::free(left);
}

[[noreturn]] void end_with_the_error_of(void (*work)()) {
  int code = 0;
  try {
    work();
  } catch (const Error& error) {
    std::fputs(error.what(), stderr);
    code = error.exit_code();
  } catch (const std::exception&) {
    code = 1;
  }
  std::_Exit(code);
}

TEST(Zlib, WithoutMemoryIsAnErrorOfTheDevice) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(end_with_the_error_of([] {
                MemorySink sink;
                use_all_memory();
                zip::deflate_parts({}, sink);
              }),
              ::testing::ExitedWithCode(6), "zlib cannot start: out of memory");
  EXPECT_EXIT(end_with_the_error_of([] {
                ZipMember member;
                member.method = zip::kDeflated;
                Bytes storage;
                use_all_memory();
                extract(member, storage, "");
              }),
              ::testing::ExitedWithCode(6), "zlib cannot start: out of memory");
}

#endif

}  // namespace
}  // namespace lamina
