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
#include "apps/yolov3/data/load_data.h"
#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

AnchorSet anchors_of(const CheckOptions& options) {
  AnchorSet set;
  if (options.model == "yolov3") {
    set = yolov3_anchor_set();
  } else if (options.model == "tiny") {
    set = yolov3_tiny_anchor_set();
  } else {
    throw Error(ErrorKind::usage, text("no model '", options.model, "'; there are: yolov3, tiny"));
  }
  if (!options.anchors.empty()) set.anchors = parse_anchors(options.anchors, set.anchors.size());
  return set;
}

TargetOptions target_options(const CheckOptions& options, const AnchorSet& set, size_t classes) {
  TargetOptions targets{options.size, options.size, static_cast<int64_t>(classes), set.anchors, set.scales, options.max_boxes};
  check_target_options(targets);
  return targets;
}

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

void print_anchors(std::ostream& out, const CheckOptions& options, const TargetOptions& targets, const PictureSource& train) {
  const std::vector<DarknetAnchor> sizes = letterboxed_sizes(train, targets.width, targets.height);
  const auto fit = [&](const std::vector<DarknetAnchor>& anchors) {
    return text(std::fixed, std::setprecision(3), mean_best_overlap(anchors, sizes));
  };
  out << "Anchors: " << anchors_text(targets.anchors)
      << "\n  mean overlap of a training box with its best anchor: " << fit(targets.anchors) << "\n";
  if (!sorted_by_area(targets.anchors)) out << "  warning: they are not sorted by area, so that scales get the wrong ones\n";
  const auto found = cluster_anchors(sizes, std::ssize(targets.anchors), options.seed);
  out << "Anchors of these boxes (k-means, seed " << options.seed << "): " << anchors_text(found)
      << "\n  mean overlap: " << fit(found) << "\n";
}

}  // namespace

int check(const CheckOptions& options, std::ostream& out) {
  const AnchorSet set = anchors_of(options);
  target_options(options, set, 1);  // a mistake in the flags is said before the data is read
  const auto class_names = options.classes.empty() ? std::vector<std::string>{} : read_class_names(options.classes);
  const DetectionData data = load_data(options.data, class_names, options.seed);
  data.print(out);
  const TargetOptions targets = target_options(options, set, data.class_names.size());
  out << "\nLetterboxed to " << options.size << " x " << options.size << " pixels for " << options.model << ":\n";
  print_targets(out, "train", data.train, targets, options.threads);
  print_targets(out, "validation", data.validation, targets, options.threads);
  print_targets(out, "test", data.test, targets, options.threads);
  print_anchors(out, options, targets, *data.train);
  return 0;
}

void add_check_command(CLI::App& cli, std::function<int()>& body) {
  const auto options = std::make_shared<CheckOptions>();
  CLI::App* command = cli.add_subcommand("check", "look at a data set before training");
  command->add_option("data", options->data, "a folder in the form of Pascal VOC, or shapes")->required();
  command->add_option("--names", options->classes, "file with a class name on each line (default: those of the data)");
  command->add_option("--model", options->model, "yolov3 or tiny")
      ->check(CLI::IsMember({"yolov3", "tiny"}))
      ->capture_default_str();
  command->add_option("--anchors", options->anchors, "\"width,height, ...\" in pixels of the input (default: the model's)");
  command->add_option("--size", options->size, "of the input, in pixels")
      ->check(apps::whole_number(32, 8192))
      ->capture_default_str();
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
