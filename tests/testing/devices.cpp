// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/devices.h"

#include <map>

#include "core/runtime/cpu/cpu_device.h"
#include "core/runtime/cuda/cuda_device.h"
#include "core/runtime/sim/sim_device.h"

namespace lamina::testing {

std::shared_ptr<Device> device(DeviceKind kind) {
  static std::map<DeviceKind, std::shared_ptr<Device>> devices;
  std::shared_ptr<Device>& known = devices[kind];
  if (!known) {
    switch (kind) {
      case DeviceKind::cpu: known = make_cpu_device(2); break;
      case DeviceKind::cuda: known = make_cuda_device(); break;
      case DeviceKind::sim: known = make_sim_device(); break;
    }
  }
  return known;
}

bool has_cuda() { return cuda_availability().usable; }

std::vector<DeviceKind> available_devices() {
  std::vector<DeviceKind> kinds = {DeviceKind::cpu, DeviceKind::sim};
  if (has_cuda()) kinds.push_back(DeviceKind::cuda);
  return kinds;
}

}  // namespace lamina::testing
