// SPDX-License-Identifier: Apache-2.0
// Flags that apps share, each checked before the first line is printed.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "core/runtime/select_device.h"
#include "layers/model.h"

namespace lamina::apps {

// --device, --threads and --sim-checks.
struct DeviceFlags {
  std::string device = "auto";
  int threads = 0;
  std::string sim_checks = "off";

  void add_to(CLI::App& cli);

  // Sets threads and the simulator's options and opens the device. Throws ErrorKind::usage for an unknown device and for
  // checks on another device than sim, ErrorKind::device where the device that was asked for is not there.
  DeviceChoice open() const;
};

// Those, --seed and --impl op=name.
struct ModelFlags {
  DeviceFlags device;
  uint64_t seed = 0;
  std::vector<std::string> impls;

  void add_to(CLI::App& cli);

  // Opens the device, and throws ErrorKind::usage where an --impl names no implementation that it has. A model that is
  // compiled while the choice is kept runs on the same device object.
  DeviceChoice open() const;
  void apply_to(CompileOptions& options) const;  // after open()
};

}  // namespace lamina::apps
