// SPDX-License-Identifier: Apache-2.0
#include "apps/app.h"

#include <iostream>
#include <new>

#include "core/io/atomic_file.h"

namespace lamina::apps {
namespace {

// The names of all flags, for the one that was meant.
std::vector<std::string> flag_names(const CLI::App& cli) {
  std::vector<std::string> names;
  for (const CLI::Option* option : cli.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
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

}  // namespace

int run(CLI::App& cli, int argc, char** argv, const std::function<int()>& body) {
  try {
    cli.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return cli.exit(help);
  } catch (const CLI::ParseError& error) {
    return usage_error(cli, error, argc, argv);
  }
  try {
    return body();
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

void write_text_file(const std::string& file, const std::string& text) {
  write_file_atomically(file, [&](ByteSink& sink) { sink.write(text); });
}

void DeviceFlags::add_to(CLI::App& cli) {
  cli.add_option("--device", device, "auto, cpu, cuda or sim")->capture_default_str();
  cli.add_option("--threads", threads, "threads of cpu and sim (0: all cores)")->capture_default_str();
  cli.add_option("--seed", seed, "seed of weights, shuffling and dropout")->capture_default_str();
  cli.add_option("--impl", impls, "force an implementation, e.g. matmul=tiled");
}

void DeviceFlags::apply_to(CompileOptions& options) const {
  options.device = device;
  options.threads = threads;
  options.seed = seed;
  for (const std::string& impl : impls) {
    const size_t equals = impl.find('=');
    if (equals == std::string::npos) throw Error(ErrorKind::usage, text("--impl takes op=implementation, got '", impl, "'"));
    options.impls[impl.substr(0, equals)] = impl.substr(equals + 1);
  }
}

}  // namespace lamina::apps
