// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/device.h"

#include <ostream>

namespace lamina {

std::string_view name_of(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::cpu: return "cpu";
    case DeviceKind::cuda: return "cuda";
    case DeviceKind::sim: break;
  }
  return "sim";
}

std::ostream& operator<<(std::ostream& out, DeviceKind kind) { return out << name_of(kind); }

Buffer::~Buffer() {
  if (device_ && data_) device_->release(data_, bytes_);
}

std::unique_ptr<CapturedWork> Device::capture(const std::function<void()>&) { return nullptr; }
void Device::poison(void*, size_t) {}
void Device::unpoison(void*, size_t) {}

}  // namespace lamina
