// SPDX-License-Identifier: Apache-2.0
// What every app does alike: flags by CLI11, errors as one message on stderr and the exit code of their kind (0 ok, 2
// usage, 3 bad data, configuration or model, 4 numeric, 5 I/O, 6 device or memory, 70 our bug).
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "layers/lamina.h"

namespace lamina::apps {

// Parses the flags into what `cli` was set up with and runs `body`. Unknown flags name the nearest.
int run(CLI::App& cli, int argc, char** argv, const std::function<int()>& body);

// Writes `text` to `file` so that an old file stays until the new one is whole.
void write_text_file(const std::string& file, const std::string& text);

// Flags that every app has: --device, --threads, --seed and --impl op=name.
struct DeviceFlags {
  std::string device = "auto";
  int threads = 0;
  uint64_t seed = 0;
  std::vector<std::string> impls;

  void add_to(CLI::App& cli);
  void apply_to(CompileOptions& options) const;
};

}  // namespace lamina::apps
