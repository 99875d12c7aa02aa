// SPDX-License-Identifier: Apache-2.0
// libFuzzer target for read_npz and read_npy, built by clang with -fsanitize=fuzzer,address,undefined. An input is the
// file. Whatever is accepted must survive a round trip through the writer.
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "core/base/error.h"
#include "core/io/byte_sink.h"
#include "core/io/npy.h"
#include "core/io/npz.h"

namespace {

// A small archive may unpack to 16 MiB here and not to 256, so that no input takes a second.
const lamina::Limits kLimits{.free_expansion_bytes = 16 << 20};

template <class Read>
auto unless_refused(const Read& read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const lamina::Error& error) {
    if (error.kind() != lamina::ErrorKind::model) std::abort();  // a refusal of any other kind is a bug
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
  if (const auto tensor = unless_refused([&] { return lamina::read_npy(file, "input", kLimits); })) {
    lamina::MemorySink first;
    write_npy(first, *tensor);
    lamina::MemorySink second;
    write_npy(second, lamina::read_npy(first.bytes(), "written"));
    if (first.bytes() != second.bytes()) std::abort();
  }
  if (const auto tensors = unless_refused([&] { return lamina::read_npz(file, "input", kLimits); })) {
    lamina::MemorySink first;
    write_npz(first, *tensors);
    lamina::MemorySink second;
    write_npz(second, lamina::read_npz(first.bytes(), "written"));
    if (first.bytes() != second.bytes()) std::abort();
  }
  return 0;
}
