// SPDX-License-Identifier: Apache-2.0
#include "apps/checks.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/io/atomic_file.h"

namespace lamina::apps {
namespace {

namespace fs = std::filesystem;

// One name for a file, however it is written; a file that is not there yet has one too.
fs::path resolved(const std::string& file) {
  std::error_code error;
  const fs::path path = fs::weakly_canonical(file, error);
  return error ? fs::path(file).lexically_normal() : path;
}

struct Rehearsed {};

// A save that stops before its first byte: all that can be wrong with the name is found, and nothing is replaced.
void rehearse_save(const OutputFile& output) {
  try {
    write_file_atomically(output.file, [](ByteSink&) { throw Rehearsed{}; });
  } catch (const Rehearsed&) {
  } catch (const Error& error) {
    throw Error(error.kind(), output.flag + ": " + error.what());
  }
}

}  // namespace

CLI::Validator whole_number(uint64_t least, uint64_t most) {
  return CLI::Validator(
      [=](std::string& given) -> std::string {
        uint64_t number = 0;
        const char* end = given.data() + given.size();
        const auto [stop, error] = std::from_chars(given.data(), end, number);
        if (error == std::errc() && stop == end && number >= least && number <= most) return {};
        return text("'", given, "' is not a whole number from ", least, " to ", most, " (write it in digits alone)");
      },
      text(least, "..", most));
}

CLI::Validator output_name(std::vector<std::string> endings) {
  return CLI::Validator(
      [endings](std::string& given) -> std::string {
        if (given.empty()) return "the name of the file is empty";
        const std::string ending = fs::path(given).extension().string();
        if (endings.empty() || std::find(endings.begin(), endings.end(), ending) != endings.end()) return {};
        return text("the name '", given, "' must end in ", join(endings, " or "));
      },
      "FILE");
}

void check_output_files(const std::vector<OutputFile>& files) {
  std::vector<OutputFile> given;
  std::copy_if(files.begin(), files.end(), std::back_inserter(given), [](const OutputFile& output) { return !output.file.empty(); });
  for (size_t i = 0; i < given.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (resolved(given[i].file) != resolved(given[j].file)) continue;
      throw Error(ErrorKind::usage, text(given[j].flag, " and ", given[i].flag, " name the same file '", given[i].file,
                                         "', and the second would replace the first"));
    }
  }
  for (const OutputFile& output : given) rehearse_save(output);
}

}  // namespace lamina::apps
