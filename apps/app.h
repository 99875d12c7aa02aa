// SPDX-License-Identifier: Apache-2.0
// What every app does alike: flags by CLI11, errors as one message on stderr and the exit code of their kind (0 ok, 2
// usage, 3 bad data, configuration or model, 4 numeric, 5 I/O, 6 device or memory, 70 our bug).
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "apps/checks.h"
#include "apps/flags.h"
#include "layers/lamina.h"

namespace lamina::apps {

// Parses the flags into what `cli` was set up with and runs `body`. Unknown flags name the nearest; --version is added.
// Output that could not be written in full is an error, whatever `body` returned.
int run(CLI::App& cli, int argc, char** argv, const std::function<int()>& body);

// What was printed so far reaches a pipe or file now, ahead of the work that follows. Throws ErrorKind::io where standard
// output takes no more.
void flush_output();

// Writes `text` to `file` so that an old file stays until the new one is whole.
void write_text_file(const std::string& file, const std::string& text);

}  // namespace lamina::apps
