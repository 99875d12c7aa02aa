// SPDX-License-Identifier: Apache-2.0
// Where a writer of a file format puts its bytes: a file that is being replaced (atomic_file.h), or memory.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace lamina {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual void write(const void* data, size_t bytes) = 0;  // all of them, or throws

  void write(std::string_view text) { write(text.data(), text.size()); }
};

class MemorySink final : public ByteSink {
 public:
  using ByteSink::write;
  void write(const void* data, size_t bytes) override {
    const auto* from = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), from, from + bytes);
  }

  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace lamina
