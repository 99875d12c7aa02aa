// SPDX-License-Identifier: Apache-2.0
// ModelCheckpoint. What Keras lets fail after hours (a path that names val_loss where there is no validation) is refused
// before the first step; a log that is missing at some epoch is said, and the file skipped.
#include <ostream>

#include "core/base/check.h"
#include "layers/callbacks/messages.h"
#include "layers/callbacks/monitor.h"
#include "layers/callbacks/path_format.h"
#include "layers/model.h"

namespace lamina {
namespace {

class ModelCheckpoint final : public Callback {
 public:
  explicit ModelCheckpoint(CheckpointOptions options)
      : options_(std::move(options)), path_(options_.path), monitor_(options_.monitor, options_.mode), best_(monitor_.worst()) {
    LAMINA_CHECK(options_.period > 0, "ModelCheckpoint: period must be positive, got ", options_.period);
    if (options_.initial_value_threshold) best_ = *options_.initial_value_threshold;
  }

  void on_train_begin(const TrainingPlan& plan) override {
    if (plan.has_validation) return;
    const auto refuse = [&](const std::string& name) {
      LAMINA_CHECK(!name.starts_with("val_"), "Failed to format this callback filepath: \"", options_.path, "\". Reason: '", name,
                   "'. There is no validation data; give fit some, or watch a training log");
    };
    for (const PathField& field : path_.fields) refuse(field.name);
    if (options_.save_best_only) refuse(monitor_.name());
  }

  void on_epoch_end(int64_t epoch, Logs& logs) override {
    if (++epochs_since_save_ < options_.period) return;
    epochs_since_save_ = 0;
    const std::optional<std::string> file = file_for(epoch, logs);
    if (!file || (options_.save_best_only && !is_best(epoch, logs, *file))) return;
    if (!options_.save_best_only && options_.verbose > 0) say(epoch) << "saving model to " << *file << "\n";
    model().save_weights(*file);
  }

 private:
  std::ostream& out() const { return stream_or_cout(options_.out); }
  std::ostream& say(int64_t epoch) const { return out() << "\nEpoch " << epoch + 1 << ": "; }

  std::optional<std::string> file_for(int64_t epoch, const Logs& logs) const {
    std::string file = path_.texts.front();
    for (size_t i = 0; i < path_.fields.size(); ++i) {
      const PathField& field = path_.fields[i];
      const auto value = field.name == "epoch" ? std::optional<double>(static_cast<double>(epoch + 1)) : logs.get(field.name);
      if (!value) {
        out() << "warning: Failed to format this callback filepath: \"" << options_.path << "\". Reason: '" << field.name
              << "'. Not saved; the logs are: " << join(logs.names(), ",") << "\n";
        return std::nullopt;
      }
      file += field.of(*value) + path_.texts[i + 1];
    }
    return file;
  }

  bool is_best(int64_t epoch, const Logs& logs, const std::string& file) {
    const std::optional<double> current = logs.get(monitor_.name());
    if (!current) {
      out() << "warning: Can save best model only with " << monitor_.name() << " available, skipping. Available metrics are: "
            << join(logs.names(), ",") << "\n";
      return false;
    }
    const PathField shown{monitor_.name(), ".5f"};
    const bool better = monitor_.improves(*current, best_);
    if (options_.verbose > 0 && better) {
      say(epoch) << monitor_.name() << " improved from " << shown.of(best_) << " to " << shown.of(*current) << ", saving model to "
                 << file << "\n";
    } else if (options_.verbose > 0) {
      say(epoch) << monitor_.name() << " did not improve from " << shown.of(best_) << "\n";
    }
    if (better) best_ = *current;
    return better;
  }

  CheckpointOptions options_;
  PathFormat path_;
  Monitor monitor_;
  double best_;
  int64_t epochs_since_save_ = 0;
};

}  // namespace

std::shared_ptr<Callback> model_checkpoint(CheckpointOptions options) { return std::make_shared<ModelCheckpoint>(std::move(options)); }

}  // namespace lamina
