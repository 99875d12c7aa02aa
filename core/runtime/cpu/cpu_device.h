// SPDX-License-Identifier: Apache-2.0
// The cpu device: host memory, and work that is done when the call returns.
#pragma once

#include <memory>

#include "core/runtime/device.h"

namespace lamina {

// Calls set_threads(threads): the number is not the device's own, and description() tells the one in force. In a build
// with AddressSanitizer every allocation stands between two poisoned zones of 256 bytes, checks_slots() is true, and
// poison() makes an access a fault.
std::shared_ptr<Device> make_cpu_device(int threads);

}  // namespace lamina
