// SPDX-License-Identifier: Apache-2.0
#include "apps/app.h"

#include <algorithm>
#include <iostream>
#include <new>

#include "core/io/atomic_file.h"

namespace lamina::apps {
namespace {

// The names of all flags, those of the commands that were given too, for the one that was meant.
std::vector<std::string> flag_names(const CLI::App& cli) {
  std::vector<std::string> names;
  for (const CLI::Option* option : cli.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  for (const CLI::App* command : cli.get_subcommands()) {
    for (std::string& name : flag_names(*command)) names.push_back(std::move(name));
  }
  return names;
}

int usage_error(const CLI::App& cli, const CLI::ParseError& error, int argc, char** argv) {
  std::string hint;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
    const std::vector<std::string> names = flag_names(cli);
    const bool unknown = argument.starts_with("--") && std::find(names.begin(), names.end(), argument) == names.end();
    if (unknown) hint += did_you_mean(argument, names);
  }
  std::cerr << cli.get_name() << ": " << error.what() << hint << "\nRun with --help for the flags.\n";
  return static_cast<int>(ErrorKind::usage);
}

int parse_and_run(CLI::App& cli, int argc, char** argv, const std::function<int()>& body) {
  try {
    cli.parse(argc, argv);
  } catch (const CLI::Success& asked_for) {  // --help, --version
    const int code = cli.exit(asked_for);
    flush_output();
    return code;
  } catch (const CLI::ParseError& error) {
    return usage_error(cli, error, argc, argv);
  }
  const int code = body();
  flush_output();
  return code;
}

}  // namespace

int run(CLI::App& cli, int argc, char** argv, const std::function<int()>& body) {
  cli.set_version_flag("--version", cli.get_name() + " of lamina " LAMINA_VERSION, "print the version");
  try {
    return parse_and_run(cli, argc, argv, body);
  } catch (const Error& error) {
    std::cerr << cli.get_name() << ": " << error.what() << "\n";
    return error.exit_code();
  } catch (const std::bad_alloc&) {
    std::cerr << cli.get_name() << ": out of memory\n";
    return static_cast<int>(ErrorKind::device);
  } catch (const std::exception& error) {
    std::cerr << cli.get_name() << ": a bug in lamina: " << error.what() << "\n";
    return static_cast<int>(ErrorKind::internal);
  }
}

void flush_output() {
  std::cout.flush();
  if (!std::cout) throw Error(ErrorKind::io, "cannot write to standard output: what was printed is not whole (is its disk full?)");
}

void write_text_file(const std::string& file, const std::string& text) {
  write_file_atomically(file, [&](ByteSink& sink) { sink.write(text); });
}

}  // namespace lamina::apps
