// SPDX-License-Identifier: Apache-2.0
// Runs a program of bin/ without a shell, and returns its exit code and all that it wrote.
#pragma once

#include <string>
#include <vector>

namespace lamina::testing {

struct ProgramResult {
  int exit_code = -1;  // -1 where a signal ended it
  std::string out;     // stdout and stderr, as they came
};

// `arguments` begin with the program's name in bin/.
ProgramResult run_program(std::vector<std::string> arguments);

}  // namespace lamina::testing
