// SPDX-License-Identifier: Apache-2.0
// libFuzzer target for read_safetensors, built by clang with -fsanitize=fuzzer,address,undefined. An input is the file.
// Whatever is accepted must survive a round trip through the writer.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "core/base/error.h"
#include "core/io/byte_sink.h"
#include "core/io/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
  lamina::NamedTensors tensors;
  try {
    tensors = lamina::read_safetensors(file, "input");
  } catch (const lamina::Error& error) {
    if (error.kind() != lamina::ErrorKind::model) std::abort();  // a refusal of any other kind is a bug
    return 0;
  }
  lamina::MemorySink first;
  write_safetensors(first, tensors);
  lamina::MemorySink second;
  write_safetensors(second, lamina::read_safetensors(first.bytes(), "written"));
  if (first.bytes() != second.bytes()) std::abort();
  return 0;
}
