// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/commands/train.h"

#include <iostream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/app.h"
#include "apps/yolov3/commands/data_flags.h"
#include "apps/yolov3/commands/network_flags.h"
#include "apps/yolov3/commands/predictions.h"
#include "apps/yolov3/data/anchors.h"
#include "apps/yolov3/data/detection_dataset.h"
#include "apps/yolov3/drawing/canvas.h"
#include "apps/yolov3/drawing/loss_plot.h"
#include "apps/yolov3/evaluation/precision_report.h"
#include "apps/yolov3/network/network_files.h"
#include "apps/yolov3/network/training.h"
#include "apps/yolov3/run/batch_sheet.h"
#include "apps/yolov3/run/run_folder.h"
#include "apps/yolov3/run/run_log.h"
#include "apps/yolov3/run/step_profile.h"
#include "apps/yolov3/run/training_watch.h"
#include "core/base/check.h"
#include "core/runtime/cpu/threads.h"
#include "layers/lamina.h"

namespace lamina::yolov3 {
namespace {

constexpr int kProfileWarmUp = 3, kProfiledSteps = 10;
constexpr int64_t kPicturesOnSheet = 12;
constexpr int kInterruptedExit = 130;

struct Flags {
  DataFlags data;
  NetworkFlags network;
  apps::ModelFlags model;
  std::string weights, freeze = "none", policy = "float32", schedule = "cosine", box = "squared", frozen_norm = "inference", out;
  int64_t epochs = 0, batch = 8, eval_every = 5;
  int loader_threads = 1;
  double learning_rate = 1e-3, minutes = 0, scale_least = 0.25, scale_most = 2.0;
  bool profile = false, no_augment = false;
};

Policy policy_of(const Flags& flags) { return flags.policy == "mixed_bfloat16" ? Policy::mixed_bfloat16 : Policy::float32; }

Freeze freeze_of(const Flags& flags) {
  return flags.freeze == "body" ? Freeze::body : flags.freeze == "heads" ? Freeze::all_but_outputs : Freeze::none;
}

// All that a training is made of, each part ready before the next: what is wrong with one is said before time is spent.
class Training {
 public:
  explicit Training(const Flags& flags)
      : flags_(flags),
        device_(flags.model.open()),
        data_(flags.data.read(flags.model.seed)),
        network_(make()),
        model_(make_training_model(network_, flags.box == "ciou" ? YoloBoxLoss::ciou : YoloBoxLoss::squared)) {
    std::cout << device_.line << "\n";
    data_.print(std::cout);
    std::cout << "anchors: " << anchors_text(network_.heads.front().yolo.anchors) << "\n";
    if (!flags.weights.empty()) std::cout << load_start_weights(flags.weights, network_) << "\n";
    freeze(network_, freeze_of(flags));
    CompileOptions options = compile_options();
    options.optimizer = adam({.learning_rate = flags.learning_rate});
    options.loss = training_losses();
    options.metrics = training_metrics();
    model_.compile(std::move(options));
    model_.print_bindings(std::cout);
    apps::flush_output();
  }

  int profile() {
    DetectionDataset dataset = training_data();
    StepProfile profile;
    dataset.start_epoch(0);
    for (int step = 0; step < kProfileWarmUp + kProfiledSteps; ++step) {
      std::optional<Batch> batch = dataset.next();
      if (!batch) {
        dataset.start_epoch(step);
        batch = dataset.next();
      }
      if (step == kProfileWarmUp) model_.set_observer(&profile);
      model_.train_on_batch(batch->inputs);
      if (step >= kProfileWarmUp) profile.count_run();
    }
    profile.print(std::cout, measured_peak(model_.device(), threads(), policy_of(flags_) == Policy::mixed_bfloat16 ? DType::bf16 : DType::f32));
    return 0;
  }

  int run() {
    RunFolder folder = flags_.out.empty() ? RunFolder::fresh("runs", flags_.network.model) : RunFolder::at(flags_.out);
    std::cout << "run folder: " << folder.path().string() << "\n";
    describe(folder);
    save_network((folder / "last.safetensors").string(), network_, data_.class_names);  // a full disk is found now, not at the end
    DetectionDataset dataset = training_data();
    write_batch_sheet(folder / "first_batch.png", dataset, data_.class_names, target_options(network_.description));
    apps::flush_output();

    const auto log = std::make_shared<RunLog>(folder, [](const std::string& reason) { std::cerr << "yolov3: " << reason << "\n"; });
    const auto watch = std::make_shared<TrainingWatch>(watch_options(folder));
    FitOptions fit{.epochs = epochs()};
    fit.callbacks = {watch, log};
    const History history = model_.fit(dataset, fit);
    report(folder, history, *watch);
    if (log->failure()) throw Error(*log->failure());
    return TrainingWatch::interrupted() ? kInterruptedExit : 0;
  }

 private:
  YoloNetwork make() {
    const std::vector<DarknetAnchor> anchors = flags_.network.choose_anchors(data_, flags_.model.seed);
    const DarknetNetwork description = flags_.network.network(static_cast<int64_t>(data_.class_names.size()), anchors);
    return make_network(description, {.frozen = flags_.frozen_norm == "batch_stats" ? FrozenMode::batch_stats : FrozenMode::inference});
  }

  CompileOptions compile_options() const {
    CompileOptions options;
    flags_.model.apply_to(options);
    options.policy = policy_of(flags_);
    return options;
  }

  int64_t epochs() const { return flags_.epochs > 0 ? flags_.epochs : flags_.minutes > 0 ? kUntilStopped : 50; }

  DetectionDataset training_data() const {
    DetectionDatasetOptions options;
    options.targets = target_options(network_.description);
    options.batch_size = flags_.batch;
    options.shuffle = true;
    options.augment = !flags_.no_augment;
    options.augment_options.scale_least = flags_.scale_least;
    options.augment_options.scale_most = flags_.scale_most;
    options.seed = flags_.model.seed;
    options.threads = flags_.loader_threads;
    return DetectionDataset(data_.train, std::move(options));
  }

  Detector& detector() {
    if (!detector_) detector_.emplace(network_, DetectorOptions{.score = kEvaluationScore}, compile_options());
    return *detector_;
  }

  WatchOptions watch_options(RunFolder& folder) {
    WatchOptions options;
    options.learning_rate = flags_.learning_rate;
    options.cosine = flags_.schedule == "cosine";
    if (flags_.minutes > 0) options.minutes = flags_.minutes;
    options.eval_every = flags_.eval_every;
    options.samples = data_.train->count();
    options.batch_size = flags_.batch;
    options.out = &std::cout;
    options.measure = [this]() -> std::optional<double> {
      if (data_.validation->count() == 0) return std::nullopt;
      return evaluate(*data_.validation, detect_all(detector(), *data_.validation, flags_.batch), data_.class_names).mean;
    };
    options.save = [this, &folder](bool is_best) {
      save_network((folder / "last.safetensors").string(), network_, data_.class_names);
      if (is_best) save_network((folder / "best.safetensors").string(), network_, data_.class_names);
    };
    return options;
  }

  void describe(RunFolder& folder) const {
    nlohmann::ordered_json classes = data_.class_names;
    folder.record("command", "train");
    folder.record("data", {{"source", flags_.data.shown()}, {"classes", classes}, {"train", data_.train->count()},
                           {"validation", data_.validation->count()}, {"test", data_.test->count()}});
    const nlohmann::ordered_json limit = epochs() == kUntilStopped ? nlohmann::ordered_json() : nlohmann::ordered_json(epochs());
    folder.record("options", {{"model", flags_.network.model}, {"size", flags_.network.size}, {"anchors", anchors_text(network_.heads.front().yolo.anchors)},
                              {"batch", flags_.batch}, {"epochs", limit}, {"minutes", flags_.minutes}, {"learning_rate", flags_.learning_rate},
                              {"schedule", flags_.schedule}, {"freeze", flags_.freeze}, {"policy", flags_.policy}, {"seed", flags_.model.seed},
                              {"box", flags_.box}, {"weights", flags_.weights}, {"scale", {flags_.scale_least, flags_.scale_most}}});
    folder.record("device", model_.device_line());
  }

  void report(RunFolder& folder, const History& history, const TrainingWatch& watch) {
    std::vector<Curve> curves = curves_of(history, {"loss", "term_xy", "term_wh", "term_conf", "term_class"});
    write_plot(folder / "loss.png", curves, {.title = "loss by epoch"});
    if (!watch.measured().empty()) {
      Curve precision{.name = "validation"};
      for (const Measured& one : watch.measured()) precision.x.push_back(static_cast<double>(one.epoch)), precision.y.push_back(one.map);
      write_plot(folder / "map.png", std::vector{precision}, {.title = "mean average precision by epoch", .y_label = "mAP@0.5"});
    }
    folder.record("seconds", watch.seconds());
    folder.record("images_per_second", static_cast<double>(watch.pictures()) / watch.step_seconds());
    folder.record("epochs_done", history.epochs.size());
    if (watch.best()) folder.record("best_validation_map", *watch.best());
    const PictureSource& shown = data_.test->count() > 0 ? *data_.test : data_.validation->count() > 0 ? *data_.validation : *data_.train;
    if (TrainingWatch::interrupted()) return;
    const auto found = detect_all(detector(), shown, flags_.batch);
    write_prediction_sheet(folder / "predictions.png", shown, found, data_.class_names, kPicturesOnSheet);
    if (data_.test->count() > 0) {
      const MeanAveragePrecision result = evaluate(*data_.test, found, data_.class_names);
      std::cout << "test split, " << data_.test->count() << " pictures:\n";
      print_table(std::cout, result);
      nlohmann::ordered_json summary = to_json(result);
      for (auto& one : summary["classes"]) one.erase("score"), one.erase("precision"), one.erase("recall");
      folder.record("test", summary);
    }
    std::cout << "weights, curves and pictures are in " << folder.path().string() << "\n";
  }

  const Flags& flags_;
  DeviceChoice device_;
  DetectionData data_;
  YoloNetwork network_;
  Model model_;
  std::optional<Detector> detector_;
};

int train(const Flags& flags) {
  flags.network.check();
  Training training(flags);
  return flags.profile ? training.profile() : training.run();
}

}  // namespace

void add_train_command(CLI::App& cli, std::function<int()>& body) {
  CLI::App* const command = cli.add_subcommand("train", "train a network on labelled pictures");
  const auto flags = std::make_shared<Flags>();
  flags->data.add_to(*command);
  flags->network.add_to(*command);
  flags->model.add_to(*command);
  const auto one_of = [&](const char* name, std::string& value, const char* what, std::vector<std::string> words) {
    command->add_option(name, value, what)->check(CLI::IsMember(std::move(words)))->capture_default_str();
  };
  command->add_option("--epochs", flags->epochs, "times through the data (default 50, or as many as --minutes allow)")->check(apps::whole_number(1, 1000000));
  command->add_option("--minutes", flags->minutes, "end after so many minutes")->check(CLI::Range(0.01, 100000.0));
  command->add_option("--batch", flags->batch, "pictures a step")->check(apps::whole_number(1, 4096))->capture_default_str();
  command->add_option("--lr", flags->learning_rate, "highest learning rate of Adam")->check(CLI::Range(1e-9, 10.0))->capture_default_str();
  one_of("--schedule", flags->schedule, "cosine: rises at first and falls to a hundredth; or constant", {"cosine", "constant"});
  one_of("--freeze", flags->freeze, "what does not train: none, body (up to the first head's branch), heads (all but each head's last convolution)", {"none", "body", "heads"});
  one_of("--frozen-norm", flags->frozen_norm, "how frozen normalisations run: inference (Keras 3), batch_stats (Keras 2.1.5, as in keras-yolo3)", {"inference", "batch_stats"});
  one_of("--policy", flags->policy, "float32, or mixed_bfloat16 (activations in 16 bits, weights in 32)", {"float32", "mixed_bfloat16"});
  one_of("--box-loss", flags->box, "squared (keras-yolo3) or ciou (yolo3-tf2)", {"squared", "ciou"});
  command->add_option("--weights", flags->weights, "start from these: .safetensors, or darknet's .weights, whole or the first convolutions");
  command->add_flag("--no-augment", flags->no_augment, "train on the pictures as they are, letterboxed");
  command->add_option("--scale-least", flags->scale_least, "smallest random size, of the input's side")->check(CLI::Range(0.05, 1.0))->capture_default_str();
  command->add_option("--scale-most", flags->scale_most, "largest random size")->check(CLI::Range(0.5, 4.0))->capture_default_str();
  command->add_option("--eval-every", flags->eval_every, "epochs between measurements on the validation split")->check(apps::whole_number(1, 1000000))->capture_default_str();
  command->add_option("--loader-threads", flags->loader_threads, "threads that read and draw pictures ahead")->check(apps::whole_number(1, 256))->capture_default_str();
  command->add_option("--out", flags->out, "new or empty folder for all that the run leaves (default: runs/MODEL, runs/MODEL-2, ...)");
  command->add_flag("--profile", flags->profile, "run a few steps, print where their time went, and save nothing");
  command->callback([flags, &body] { body = [flags] { return train(*flags); }; });
}

}  // namespace lamina::yolov3
