// SPDX-License-Identifier: Apache-2.0
// The cpu device: host memory, and work that is done when the call returns.
#pragma once

#include <memory>

#include "core/runtime/device.h"

namespace lamina {

// `threads` for OpenMP and oneDNN, as set_threads() takes them. In a build with AddressSanitizer every allocation
// stands between two poisoned zones of 256 bytes, checks_slots() is true, and poison() makes an access a fault.
std::shared_ptr<Device> make_cpu_device(int threads);

}  // namespace lamina
