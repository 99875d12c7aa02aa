// SPDX-License-Identifier: Apache-2.0
// `--device auto|cpu|cuda|sim`: from the word to the device, and one line that says which it is and why.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/runtime/device.h"

namespace lamina {

struct DeviceChoice {
  std::shared_ptr<Device> device;
  std::string line;  // "device: cpu (2 threads, oneDNN 2.6.3), since there is no NVIDIA driver"
};

// "auto" is cuda where there is a GPU that this build has code for, else cpu. `threads` as set_threads() takes them: one
// number for the process, set once the device is found, and for the models compiled before too. May be called by any thread.
// Throws ErrorKind::usage for another word or number, and ErrorKind::device, with what can be had instead, where the device that
// was asked for by name is not there.
DeviceChoice select_device(std::string_view name, int threads);

}  // namespace lamina
