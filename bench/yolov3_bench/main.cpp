// SPDX-License-Identifier: Apache-2.0
// Training steps of YOLOv3 on pictures and truths that lie ready: what a step costs, with no loading beside it. Prints one line
// of JSON, which compare_torch.py reads.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/app.h"
#include "apps/yolov3/commands/network_flags.h"
#include "apps/yolov3/darknet/standard_networks.h"
#include "apps/yolov3/data/targets.h"
#include "apps/yolov3/network/training.h"
#include "core/base/philox.h"
#include "core/runtime/cpu/threads.h"
#include "layers/lamina.h"

namespace {

using namespace lamina;
using namespace lamina::yolov3;

constexpr int kSets = 2;  // batches that take turns

struct Flags {
  NetworkFlags network;
  apps::ModelFlags model;
  int64_t classes = 80, batch = 4;
  int steps = 10, warmup = 3;
  std::string policy = "float32";
  bool plan = false;
};

// Noise, and one to eight boxes a picture.
TensorMap random_batch(const YoloNetwork& network, int64_t batch, uint32_t set) {
  const RandomKey key{7, RandomPurpose::data, set, 0};
  const TargetOptions targets = target_options(network.description);
  uint64_t next = 0;
  const auto uniform = [&] { return static_cast<double>(key.uniform(next++)); };
  HostTensor image(DType::f32, {batch, targets.height, targets.width, 3});
  for (float& value : image.as<float>()) value = static_cast<float>(uniform());
  TensorMap inputs;
  std::vector<HostTensor> truths;
  for (const ScaleGrid& scale : targets.scales) truths.push_back(make_target(targets, scale, batch));
  for (int64_t row = 0; row < batch; ++row) {
    std::vector<Box> boxes;
    const auto count = 1 + static_cast<int>(uniform() * 8);
    for (int i = 0; i < count; ++i) {
      const auto side = static_cast<double>(targets.width);
      const double width = side * (0.03 + 0.6 * uniform()), height = side * (0.03 + 0.6 * uniform());
      const double left = uniform() * (side - width), top = uniform() * (side - height);
      boxes.push_back({left, top, left + width, top + height, static_cast<int>(uniform() * static_cast<double>(targets.classes))});
    }
    std::vector<std::span<float>> rows;
    for (HostTensor& truth : truths) {
      const auto each = static_cast<size_t>(truth.count() / batch);
      rows.push_back(truth.as<float>().subspan(static_cast<size_t>(row) * each, each));
    }
    write_targets(boxes, targets, rows);
  }
  inputs.emplace("image", std::move(image));
  for (size_t scale = 0; scale < truths.size(); ++scale) inputs.emplace(text("y_true_", scale), std::move(truths[scale]));
  return inputs;
}

int run(const Flags& flags) {
  const DeviceChoice device = flags.model.open();
  const auto anchors = flags.network.model == "tiny" ? yolov3_tiny_anchors() : yolov3_anchors();
  const YoloNetwork network = make_network(flags.network.network(flags.classes, anchors));
  Model model = make_training_model(network);
  CompileOptions options;
  flags.model.apply_to(options);
  options.optimizer = adam({.learning_rate = 1e-4});
  options.loss = training_losses();
  options.policy = flags.policy == "mixed_bfloat16" ? Policy::mixed_bfloat16 : Policy::float32;
  model.compile(std::move(options));
  std::vector<TensorMap> sets;
  for (uint32_t set = 0; set < kSets; ++set) sets.push_back(random_batch(network, flags.batch, set));
  std::vector<double> milliseconds;
  double first_loss = 0, last_loss = 0;
  for (int step = 0; step < flags.warmup + flags.steps; ++step) {
    const auto begun = std::chrono::steady_clock::now();
    last_loss = model.train_on_batch(sets[static_cast<size_t>(step) % sets.size()]).at("loss");
    if (step == 0) first_loss = last_loss;
    if (step >= flags.warmup) milliseconds.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count());
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  const double median = milliseconds[milliseconds.size() / 2];
  std::set<std::string> impls;
  for (const Step& step : model.last_plan()->steps) impls.insert(step.impl.full_name());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const nlohmann::ordered_json report = {{"device", model.device()->description()},
                                         {"model", flags.network.model},
                                         {"batch", flags.batch},
                                         {"size", flags.network.size},
                                         {"policy", flags.policy},
                                         {"threads", threads()},
                                         {"steps", flags.steps},
                                         {"ms_median", median},
                                         {"images_s", static_cast<double>(flags.batch) / median * 1e3},
                                         {"peak_MB", static_cast<double>(usage.ru_maxrss) / 1024},
                                         {"arena_MB", static_cast<double>(model.last_plan()->arena_bytes) / (1 << 20)},
                                         {"loss_first", first_loss},
                                         {"loss_last", last_loss},
                                         {"implementations", impls}};
  if (flags.plan) model.print_plan(std::cout);
  std::cout << report.dump() << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli("Times training steps of YOLOv3 on data that lies ready.", "yolov3_bench");
  Flags flags;
  flags.network.add_to(cli);
  flags.model.add_to(cli);
  cli.add_option("--classes", flags.classes, "number of classes")->check(apps::whole_number(1, 100000))->capture_default_str();
  cli.add_option("--batch", flags.batch, "pictures a step")->check(apps::whole_number(1, 4096))->capture_default_str();
  cli.add_option("--steps", flags.steps, "timed steps")->check(apps::whole_number(1, 100000))->capture_default_str();
  cli.add_option("--warmup", flags.warmup, "steps before them")->check(apps::whole_number(0, 100000))->capture_default_str();
  cli.add_option("--policy", flags.policy, "float32 or mixed_bfloat16")->check(CLI::IsMember({"float32", "mixed_bfloat16"}))->capture_default_str();
  cli.add_flag("--plan", flags.plan, "print the plan of the step before the line");
  return apps::run(cli, argc, argv, [&] { return run(flags); });
}
