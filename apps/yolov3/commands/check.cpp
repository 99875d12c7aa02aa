// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/commands/check.h"

#include <iomanip>
#include <iostream>
#include <limits>
#include <memory>
#include <utility>

#include "apps/checks.h"
#include "apps/yolov3/data/anchor_clusters.h"
#include "apps/yolov3/data/anchors.h"
#include "apps/yolov3/data/detection_dataset.h"
#include "core/base/error.h"
#include "core/base/text.h"

namespace lamina::yolov3 {
namespace {

// Goes through all batches of a split: each picture is decoded and each box assigned.
TargetCounts count_targets(std::shared_ptr<const PictureSource> pictures, const TargetOptions& targets, int threads) {
  DetectionDataset dataset(std::move(pictures), {.targets = targets, .batch_size = 1, .threads = threads, .cache_bytes = 0});
  while (dataset.next()) {
  }
  return dataset.target_counts();
}

void print_lost(std::ostream& out, int64_t count, const char* why) {
  if (count) out << "  " << with_thousands(count) << " " << why << "\n";
}

void print_targets(std::ostream& out, const char* split, const std::shared_ptr<const PictureSource>& pictures,
                   const TargetOptions& targets, int threads) {
  if (pictures->count() == 0) return;
  int64_t boxes = 0;
  for (const int64_t count : boxes_per_class(*pictures, targets.classes)) boxes += count;
  const TargetCounts counts = count_targets(pictures, targets, threads);
  out << split << ": " << with_thousands(boxes) << " boxes\n";
  for (size_t s = 0; s < targets.scales.size(); ++s) {
    const int64_t stride = targets.scales[s].stride;
    out << "  " << with_thousands(counts.boxes_of_scale[s]) << " at the scale of " << targets.width / stride << " x "
        << targets.height / stride << " cells\n";
  }
  print_lost(out, boxes - counts.boxes, "left out: a pixel or less in the input");
  print_lost(out, counts.beyond_max, text("left out: more than ", targets.max_boxes, " in a picture").c_str());
  print_lost(out, counts.without_anchor, "left out: their best anchor is of no scale");
  print_lost(out, counts.overwritten, "overwritten by another box of the same cell and anchor");
}

// Where anchors are fitted to the boxes, they are what there is to print; else they are printed beside those in use.
void print_anchors(std::ostream& out, const CheckOptions& options, const TargetOptions& targets, const PictureSource& train) {
  const std::vector<DarknetAnchor> sizes = letterboxed_sizes(train, targets.width, targets.height);
  const auto fit = [&](const std::vector<DarknetAnchor>& anchors) {
    return text(std::fixed, std::setprecision(3), mean_best_overlap(anchors, sizes));
  };
  const auto print = [&](const std::string& which, const std::vector<DarknetAnchor>& anchors) {
    out << which << ": " << anchors_text(anchors) << "\n"
        << "  mean overlap of a training box with its best anchor: " << fit(anchors) << "\n";
  };
  const std::string fitted = text("Anchors of these boxes (k-means, seed ", options.seed, ")");
  if (options.network.anchors == "kmeans") return print(fitted, targets.anchors);
  print("Anchors", targets.anchors);
  if (!sorted_by_area(targets.anchors)) out << "  warning: they are not sorted by area, so that scales get the wrong ones\n";
  try {
    print(fitted, cluster_anchors(sizes, std::ssize(targets.anchors), options.seed));
  } catch (const Error& error) {  // too few boxes: those in use can be trained with all the same
    out << fitted << ": none, " << error.what() << "\n";
  }
}

}  // namespace

int check(const CheckOptions& options, std::ostream& out) {
  options.network.check();
  const DetectionData data = options.data.read(options.seed);
  data.print(out);
  const std::vector<DarknetAnchor> anchors = options.network.choose_anchors(data, options.seed);
  TargetOptions targets = target_options(options.network.network(std::ssize(data.class_names), anchors));
  targets.max_boxes = options.max_boxes;
  out << "\nLetterboxed to " << targets.width << " x " << targets.height << " pixels for " << options.network.model << ":\n";
  print_targets(out, "train", data.train, targets, options.threads);
  print_targets(out, "validation", data.validation, targets, options.threads);
  print_targets(out, "test", data.test, targets, options.threads);
  print_anchors(out, options, targets, *data.train);
  return 0;
}

void add_check_command(CLI::App& cli, std::function<int()>& body) {
  const auto options = std::make_shared<CheckOptions>();
  CLI::App* command = cli.add_subcommand("check", "look at a data set before training");
  options->data.add_to(*command);
  options->network.add_to(*command);
  command->add_option("--max-boxes", options->max_boxes, "of one picture")
      ->check(apps::whole_number(1, 100000))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "of a split and of k-means")
      ->check(apps::whole_number(0, std::numeric_limits<uint64_t>::max()))
      ->capture_default_str();
  command->add_option("--loader-threads", options->threads, "that read pictures")
      ->check(apps::whole_number(1, 1024))
      ->capture_default_str();
  command->callback([options, &body] { body = [options] { return check(*options, std::cout); }; });
}

}  // namespace lamina::yolov3
