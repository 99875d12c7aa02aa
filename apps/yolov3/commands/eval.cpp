// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/commands/eval.h"

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/app.h"
#include "apps/yolov3/commands/data_flags.h"
#include "apps/yolov3/commands/predictions.h"
#include "apps/yolov3/commands/weights_flags.h"
#include "apps/yolov3/evaluation/precision_report.h"
#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

struct Flags {
  WeightsFlags weights;
  std::string json, split = "test";
  DataFlags data;
  apps::ModelFlags model;
  int64_t size = 0, batch = 8;
  double score = kEvaluationScore, iou = 0.45, threshold = 0.5;
  bool eleven_points = false;
};

const PictureSource& split_of(const DetectionData& data, const std::string& name) {
  const PictureSource& split = name == "train" ? *data.train : name == "val" ? *data.validation : *data.test;
  LAMINA_CHECK(split.count() > 0, "the split '", name, "' of this data holds no picture; choose another by --split");
  return split;
}

int eval(const Flags& flags) {
  apps::check_output_files({{"--json", flags.json}});
  const DeviceChoice device = flags.model.open();
  const LoadedNetwork loaded = flags.weights.load(flags.data.names, flags.size);
  std::cout << device.line << "\n" << loaded.report << "\n";
  const DetectionData data = flags.data.read(flags.model.seed, loaded.class_names);
  const PictureSource& split = split_of(data, flags.split);
  CompileOptions options;
  flags.model.apply_to(options);
  Detector detector(loaded.network, {.score = flags.score, .iou = flags.iou, .darknet_letterbox = loaded.from_darknet}, options);
  const auto found = detect_all(detector, split, flags.batch);
  const MeanAveragePrecision result =
      evaluate(split, found, loaded.class_names,
               {.iou_threshold = flags.threshold, .area = flags.eleven_points ? PrecisionArea::eleven_points : PrecisionArea::all_points});
  std::cout << split.count() << " pictures of split " << flags.split << "\n";
  print_table(std::cout, result);
  if (!flags.json.empty()) {
    nlohmann::ordered_json report = to_json(result);
    report["weights"] = flags.weights.file, report["data"] = flags.data.shown(), report["split"] = flags.split;
    report["pictures"] = split.count(), report["score"] = flags.score, report["nms_iou"] = flags.iou;
    apps::write_text_file(flags.json, report.dump(2) + "\n");
  }
  return 0;
}

}  // namespace

void add_eval_command(CLI::App& cli, std::function<int()>& body) {
  CLI::App* const command = cli.add_subcommand("eval", "mean average precision (Pascal VOC) of weights on a data set");
  const auto flags = std::make_shared<Flags>();
  flags->weights.add_to(*command)->required();
  flags->data.add_to(*command);
  flags->model.add_to(*command);
  command->add_option("--split", flags->split, "train, val or test")->check(CLI::IsMember({"train", "val", "test"}))->capture_default_str();
  command->add_option("--size", flags->size, "side of the network's input (0: as trained)")->check(apps::whole_number(0, 4096))->capture_default_str();
  command->add_option("--batch", flags->batch, "pictures at a time")->check(apps::whole_number(1, 1024))->capture_default_str();
  command->add_option("--score", flags->score, "lower scores are left out")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  command->add_option("--iou", flags->iou, "overlap above which the lower of two boxes is suppressed")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  command->add_option("--match-iou", flags->threshold, "overlap from which a box counts as found")->check(CLI::Range(0.01, 1.0))->capture_default_str();
  command->add_flag("--eleven-points", flags->eleven_points, "the area of VOC 2007 instead of all points");
  command->add_option("--json", flags->json, "write the result to this file")->check(apps::output_name());
  command->callback([flags, &body] { body = [flags] { return eval(*flags); }; });
}

}  // namespace lamina::yolov3
