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

// `arguments` begin with the program's name in bin/. Where `standard_output` names a file, that takes the program's stdout
// and `out` has stderr alone.
ProgramResult run_program(std::vector<std::string> arguments, const std::string& standard_output = {});

// What the program writes to a pipe until `awaited` is among it, or until `seconds` are over; then it is killed.
std::string output_until(const std::string& awaited, int seconds, std::vector<std::string> arguments);

}  // namespace lamina::testing
