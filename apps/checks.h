// SPDX-License-Identifier: Apache-2.0
// What is wrong with a flag's value is said before any work is done. The validators are for CLI::Option::check and make a
// usage error; check_output_files is for the first line of a body.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace lamina::apps {

// Digits alone, from `least` to `most`.
CLI::Validator whole_number(uint64_t least, uint64_t most);

// The name of a file to be written: not empty and, where endings are given, with one of them.
CLI::Validator output_name(std::vector<std::string> endings = {});

// A flag and the file that it names; an empty name, of a flag that was not given, is passed over.
struct OutputFile {
  std::string flag, file;
};

// Throws ErrorKind::usage where two flags name one file, and the ErrorKind::io of the later save where a file cannot be
// made (no folder, no permission, a device of that name). Leaves what is there as it is.
void check_output_files(const std::vector<OutputFile>& files);

}  // namespace lamina::apps
