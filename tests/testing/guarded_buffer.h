// SPDX-License-Identifier: Apache-2.0
// Memory of a device in which a kernel's mistakes show: guards on both sides (on sim the allocator's own, which name
// the line), and contents that no result is.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/check.h"
#include "core/base/dtype.h"
#include "core/runtime/device.h"

namespace lamina::testing {

class GuardedBuffer {
 public:
  GuardedBuffer(Device& device, size_t bytes, std::string what)
      : device_(device),
        guard_(device.kind() == DeviceKind::sim ? 0 : kGuard),
        bytes_(bytes),
        what_(std::move(what)),
        buffer_(device.allocate(bytes + 2 * guard_, what_)) {
    const std::vector<unsigned char> guard(guard_, kGuardByte);
    device_.upload(begin(), guard.data(), guard_);
    device_.upload(begin() + guard_ + bytes_, guard.data(), guard_);
  }

  void* data() const { return begin() + guard_; }

  // Fills with what shows that nothing was written: a NaN of every float; a large negative i32, 165, and no bool. On
  // sim a kernel that reads it is a fault.
  void unwritten(DType type) {
    const std::vector<unsigned char> filled(bytes_, is_floating(type) ? kNaNByte : kUnlikelyByte);
    device_.upload(data(), filled.data(), bytes_);
    device_.unpoison(data(), bytes_);
  }

  // Throws, naming this buffer and the side, where a byte beside it was written.
  void check_guards() const {
    std::vector<unsigned char> guard(guard_);
    for (const bool behind : {false, true}) {
      device_.download(guard.data(), begin() + (behind ? guard_ + bytes_ : 0), guard_);
      const bool whole = std::all_of(guard.begin(), guard.end(), [](unsigned char byte) { return byte == kGuardByte; });
      LAMINA_CHECK(whole, "bytes ", behind ? "behind" : "before", " ", what_, " were written");
    }
  }

 private:
  static constexpr size_t kGuard = 256;  // bytes, which keeps the alignment
  static constexpr unsigned char kGuardByte = 0xa5;
  static constexpr unsigned char kNaNByte = 0xff;
  static constexpr unsigned char kUnlikelyByte = 0xa5;

  char* begin() const { return static_cast<char*>(buffer_.data()); }

  Device& device_;
  size_t guard_;
  size_t bytes_;
  std::string what_;
  Buffer buffer_;
};

}  // namespace lamina::testing
