// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/commands/info.h"

#include <iomanip>
#include <iostream>
#include <memory>

#include "apps/checks.h"
#include "apps/yolov3/commands/network_flags.h"
#include "apps/yolov3/commands/weights_flags.h"
#include "apps/yolov3/darknet/standard_networks.h"
#include "apps/yolov3/network/detector.h"
#include "apps/yolov3/network/training.h"
#include "core/base/check.h"
#include "layers/lamina.h"

namespace lamina::yolov3 {
namespace {

struct Flags {
  WeightsFlags weights;
  std::string names;
  NetworkFlags network;
  int64_t classes = 80;
  int64_t batch = 1;
};

// One forward pass of one picture, over the convolutions: darknet counts a multiply-add as two, and no others.
double forward_flops(const DarknetNetwork& network) {
  double flops = 0;
  DarknetShape from = network.input();
  for (const DarknetLayer& layer : network.layers) {
    if (const auto* conv = std::get_if<DarknetConvolutional>(&layer.kind)) {
      flops += 2.0 * static_cast<double>(layer.output.height * layer.output.width * conv->filters * conv->size * conv->size * from.channels);
    }
    from = layer.output;
  }
  return flops;
}

LoadedNetwork network_of(const Flags& flags) {
  if (!flags.weights.file.empty()) return flags.weights.load(flags.names);
  const auto anchors = flags.network.model == "tiny" ? yolov3_tiny_anchors() : yolov3_anchors();
  return {make_network(flags.network.network(flags.classes, anchors)), {}, false, {}};
}

void print_memory(const Plan& plan, std::ostream& out) {
  size_t variables = 0, inputs = 0;
  for (const Slot& slot : plan.slots) {
    if (slot.kind == Slot::Kind::variable) variables += slot.bytes;
    if (slot.kind == Slot::Kind::input || slot.kind == Slot::Kind::constant) inputs += slot.bytes;
  }
  const auto mebibytes = [&](const char* what, size_t bytes) {
    out << "  " << std::left << std::setw(44) << what << std::right << std::setw(10) << std::fixed << std::setprecision(1)
        << static_cast<double>(bytes) / (1 << 20) << " MiB\n";
  };
  mebibytes("weights, statistics and Adam's moments", variables);
  mebibytes("pictures and truths", inputs);
  mebibytes("activations, gradients and workspace", plan.arena_bytes);
  mebibytes("  without sharing they would take", plan.unshared_bytes);
  mebibytes("all", variables + inputs + plan.arena_bytes);
}

int info(const Flags& flags) {
  const LoadedNetwork loaded = network_of(flags);
  const YoloNetwork& network = loaded.network;
  if (!loaded.report.empty()) std::cout << loaded.report << "\n";
  std::vector<Value> outputs;
  for (const Head& head : network.heads) outputs.push_back(head.raw);
  Model(std::vector<Value>{network.image}, outputs, flags.weights.file.empty() ? flags.network.model : "yolov3").summary(std::cout);
  std::cout << "forward: " << std::fixed << std::setprecision(2) << forward_flops(network.description) * 1e-9
            << " GFLOP a picture in the convolutions (a multiply-add is two)\n";
  if (!loaded.class_names.empty()) std::cout << "classes: " << join(loaded.class_names, ", ") << "\n";

  // The plans are made and not run: nothing of what they need is allocated but the weights.
  Model training = make_training_model(network);
  training.compile({.optimizer = "adam", .loss = training_losses(), .metrics = training_metrics(), .device = "cpu"});
  std::cout << "memory for training, batch " << flags.batch << ":\n";
  print_memory(training.training_plan(flags.batch), std::cout);
  return 0;
}

}  // namespace

void add_info_command(CLI::App& cli, std::function<int()>& body) {
  CLI::App* const command = cli.add_subcommand("info", "layers, parameters, arithmetic and memory of a network");
  const auto flags = std::make_shared<Flags>();
  flags->weights.add_to(*command);
  command->add_option("--names", flags->names, "class names, one a line");
  flags->network.add_to(*command);
  command->add_option("--classes", flags->classes, "number of classes, where no weights are given")->check(apps::whole_number(1, 100000))->capture_default_str();
  command->add_option("--batch", flags->batch, "pictures a step, for the memory plan")->check(apps::whole_number(1, 4096))->capture_default_str();
  command->callback([flags, &body] { body = [flags] { return info(*flags); }; });
}

}  // namespace lamina::yolov3
