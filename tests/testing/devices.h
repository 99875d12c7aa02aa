// SPDX-License-Identifier: Apache-2.0
// The devices that a test runs on: cpu and sim always, cuda where there is one.
#pragma once

#include <memory>
#include <vector>

#include "core/runtime/device.h"

namespace lamina::testing {

// One object per kind for the whole program. Throws where the machine has none of that kind.
std::shared_ptr<Device> device(DeviceKind kind);

bool has_cuda();
std::vector<DeviceKind> available_devices();

}  // namespace lamina::testing
