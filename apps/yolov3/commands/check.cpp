// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/commands/check.h"

#include <iostream>
#include <memory>

#include "apps/checks.h"
#include "apps/yolov3/commands/data_flags.h"
#include "apps/yolov3/commands/network_flags.h"
#include "apps/yolov3/data/anchors.h"
#include "apps/yolov3/data/augment.h"
#include "apps/yolov3/network/training.h"
#include "core/base/text.h"

namespace lamina::yolov3 {
namespace {

struct Flags {
  DataFlags data;
  NetworkFlags network;
  uint64_t seed = 0;
};

// Every picture is decoded, so that a damaged one is found here; every box is placed as the training would place it.
void print_targets(const DetectionData& data, const NetworkFlags& flags, const std::vector<DarknetAnchor>& anchors) {
  const YoloNetwork network = make_network(flags.network(static_cast<int64_t>(data.class_names.size()), anchors));
  const TargetLayout layout = target_layout(network);
  std::vector<int64_t> per_scale(layout.scales.size());
  TargetCounts total;
  for (int64_t i = 0; i < data.train->count(); ++i) {
    const Picture picture = data.train->read(i);
    std::vector<HostTensor> targets;
    for (size_t scale = 0; scale < layout.scales.size(); ++scale) targets.emplace_back(DType::f32, layout.extents(scale, 1));
    const Placement placement = letterboxed(picture, layout.width, layout.height);
    const TargetCounts counts = write_targets(layout, boxes_on_canvas(data.train->boxes(i), picture, placement, layout.width, layout.height), 0, targets);
    total.assigned += counts.assigned, total.overwritten += counts.overwritten;
    for (size_t scale = 0; scale < targets.size(); ++scale) {
      const auto numbers = targets[scale].as<float>();
      for (size_t at = 4; at < numbers.size(); at += static_cast<size_t>(5 + layout.classes)) per_scale[scale] += numbers[at] != 0;
    }
  }
  std::cout << "targets at " << layout.width << " x " << layout.height << ":\n";
  for (size_t scale = 0; scale < per_scale.size(); ++scale) {
    std::cout << "  stride " << layout.scales[scale].stride << ": " << per_scale[scale] << " places, anchors "
              << anchors_text(layout.scales[scale].anchors) << "\n";
  }
  std::cout << "  " << total.assigned << " boxes, of which " << total.overwritten << " lose their place to another with the same cell and anchor\n";
}

int check(const Flags& flags) {
  const DetectionData data = flags.data.read(flags.seed, flags.network.size);
  print(data, std::cout);
  const std::vector<BoxSize> sizes = box_sizes(*data.train, flags.network.size);
  const std::vector<DarknetAnchor> fitted = fit_anchors(sizes, flags.network.anchor_count(), flags.seed);
  const std::vector<DarknetAnchor> anchors = flags.network.choose_anchors(data, flags.seed);
  std::cout << "anchors: " << anchors_text(anchors) << "\n  mean best overlap with the boxes " << text(mean_best_overlap(sizes, anchors)) << "\n";
  if (anchors != fitted) {
    std::cout << "  fitted to the data they would be " << anchors_text(fitted) << ", overlap " << text(mean_best_overlap(sizes, fitted)) << "\n";
  }
  print_targets(data, flags.network, anchors);
  return 0;
}

}  // namespace

void add_check_command(CLI::App& cli, std::function<int()>& body) {
  CLI::App* const command = cli.add_subcommand("check", "look at a data set before training on it");
  const auto flags = std::make_shared<Flags>();
  flags->data.add_to(*command);
  flags->network.add_to(*command);
  command->add_option("--seed", flags->seed, "seed of shapes, splits and k-means")->check(apps::whole_number(0, UINT64_MAX))->capture_default_str();
  command->callback([flags, &body] { body = [flags] { return check(*flags); }; });
}

}  // namespace lamina::yolov3
