// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/commands/convert.h"

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "apps/checks.h"
#include "apps/yolov3/commands/weights_flags.h"
#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

namespace fs = std::filesystem;

struct Flags {
  WeightsFlags weights;
  std::string out, names;
};

void check_new(const std::vector<std::string>& files) {
  std::vector<apps::OutputFile> outputs;
  for (const std::string& file : files) {
    std::error_code error;
    if (fs::exists(fs::symlink_status(file, error))) {
      throw Error(ErrorKind::usage, text("OUT: there is a file '", file, "' already, and convert writes over nothing; ",
                                         "choose another name or remove the file"));
    }
    outputs.push_back({"OUT", file});
  }
  apps::check_output_files(outputs);
}

int convert(const Flags& flags) {
  const std::vector<std::string> files = files_of_network(flags.out);
  check_new(files);
  const LoadedNetwork loaded = flags.weights.load(flags.names);
  std::cout << loaded.report << "\n";
  save_network(flags.out, loaded.network, loaded.class_names);
  std::cout << "written: " << join(files, ", ") << "\n";
  return 0;
}

}  // namespace

void add_convert_command(CLI::App& cli, std::function<int()>& body) {
  CLI::App* const command = cli.add_subcommand("convert", "write weights in another format: darknet's, or ours");
  const auto flags = std::make_shared<Flags>();
  flags->weights.add_to(*command)->required();
  command
      ->add_option("OUT", flags->out, "the new file: .weights, with .cfg and .names beside it, or .safetensors, which holds all")
      ->required()
      ->check(apps::output_name({".weights", ".safetensors"}));
  command->add_option("--names", flags->names, "class names, one a line (default: those of the weights)");
  command->callback([flags, &body] { body = [flags] { return convert(*flags); }; });
}

}  // namespace lamina::yolov3
