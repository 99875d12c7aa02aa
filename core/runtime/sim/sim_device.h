// SPDX-License-Identifier: Apache-2.0
// The sim device: the .cu kernels, compiled by the host compiler and run by the simulator, on memory of the host.
#pragma once

#include <memory>

#include "core/runtime/device.h"

namespace lamina {

// Every call gives a device over the same memory. Work is done when a call returns; faults are thrown by the launch.
std::shared_ptr<Device> make_sim_device();

}  // namespace lamina
