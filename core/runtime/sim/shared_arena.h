// SPDX-License-Identifier: Apache-2.0
// Dynamic shared memory of the block that an OS thread runs, with room around it in which an overrun is recognised.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "core/base/error.h"

namespace lamina::simt {

class SharedArena {
 public:
  static constexpr size_t kMaxBytes = 163 * 1024;  // what a block may ask for on sm_80; newer devices have no less
  static constexpr size_t kRedzone = 1024;         // also the alignment
  static constexpr size_t kArenaBytes = 256 * 1024;

  void begin_block(size_t bytes) { bytes_ = bytes; }
  std::byte* data() const { return arena_.get() + kRedzone; }
  size_t bytes() const { return bytes_; }
  std::byte* arena() const { return arena_.get(); }

 private:
  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  static std::byte* allocate() {
    void* memory = std::aligned_alloc(kRedzone, kArenaBytes);
    if (!memory) throw Error(ErrorKind::device, "[sim] no memory for the shared memory of a block");
    return static_cast<std::byte*>(memory);
  }

  std::unique_ptr<std::byte, Free> arena_{allocate()};
  size_t bytes_ = 0;
};

}  // namespace lamina::simt
