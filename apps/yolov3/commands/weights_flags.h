// SPDX-License-Identifier: Apache-2.0
// What commands that begin with a trained network share: WEIGHTS, and --cfg where they are darknet's.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "apps/yolov3/network/network_files.h"

namespace lamina::yolov3 {

struct WeightsFlags {
  std::string file;  // .safetensors, or darknet's .weights
  std::string cfg;

  // The options; returns WEIGHTS, which may be left out unless the command requires it.
  CLI::Option* add_to(CLI::App& cli);

  // Reads the network; class names from the file `names`, and a side of its input in pixels, where these are given.
  LoadedNetwork load(const std::string& names, int64_t size = 0) const { return load_network(file, {.cfg = cfg, .names = names, .size = size}); }
};

}  // namespace lamina::yolov3
