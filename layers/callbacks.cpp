// SPDX-License-Identifier: Apache-2.0
#include "layers/callbacks.h"

#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "core/base/check.h"
#include "layers/model.h"
#include "layers/model/monitor.h"

namespace lamina {
namespace {

std::ostream& stream_of(std::ostream* out) { return out ? *out : std::cout; }

// The shortest text that reads back as the same number, as Python prints floats.
std::string shortest(double value) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

class EarlyStopping final : public Callback {
 public:
  explicit EarlyStopping(EarlyStoppingOptions options)
      : options_(std::move(options)), monitor_(options_.monitor, options_.mode), best_(monitor_.worst()) {}

  void on_train_begin(const TrainingPlan&) override {
    wait_ = 0;
    stopped_epoch_ = 0;
    best_ = monitor_.worst();
    best_weights_.clear();
  }

  void on_epoch_end(int64_t epoch, Logs& logs) override {
    const auto current = monitor_.read(logs, "Early stopping", stream_of(options_.out));
    if (!current || epoch < options_.start_from_epoch) return;
    if (options_.restore_best_weights && best_weights_.empty()) best_weights_ = model().get_weights();
    ++wait_;
    const double delta = std::abs(options_.min_delta);
    if (monitor_.improves(*current, best_, delta)) {
      best_ = *current;
      if (options_.restore_best_weights) best_weights_ = model().get_weights();
      if (!options_.baseline || monitor_.improves(*current, *options_.baseline, delta)) wait_ = 0;
      return;
    }
    if (wait_ >= options_.patience && epoch > 0) {
      stopped_epoch_ = epoch;
      model().stop_training();
    }
  }

  void on_train_end(const Logs&) override {
    if (stopped_epoch_ > 0 && options_.verbose > 0) {
      stream_of(options_.out) << "Epoch " << stopped_epoch_ + 1 << ": early stopping\n";
    }
    if (options_.restore_best_weights && !best_weights_.empty()) model().set_weights(best_weights_);
  }

 private:
  EarlyStoppingOptions options_;
  Monitor monitor_;
  double best_;
  int wait_ = 0;
  int64_t stopped_epoch_ = 0;
  std::vector<HostTensor> best_weights_;
};

class ReduceLrOnPlateau final : public Callback {
 public:
  explicit ReduceLrOnPlateau(ReduceLrOptions options)
      : options_(std::move(options)), monitor_(options_.monitor, options_.mode), best_(monitor_.worst()) {
    LAMINA_CHECK(options_.factor < 1.0, "ReduceLROnPlateau does not support a factor >= 1.0. Received factor=", options_.factor);
  }

  void on_train_begin(const TrainingPlan&) override {
    best_ = monitor_.worst();
    wait_ = cooling_ = 0;
  }

  void on_epoch_end(int64_t epoch, Logs& logs) override {
    Optimizer& optimizer = *model().optimizer();
    logs.set("learning_rate", optimizer.learning_rate());
    const auto current = monitor_.read(logs, "Learning rate reduction is", stream_of(options_.out));
    if (!current) return;
    if (cooling_ > 0) {
      --cooling_;
      wait_ = 0;
    }
    if (monitor_.improves(*current, best_, options_.min_delta)) {
      best_ = *current;
      wait_ = 0;
    } else if (cooling_ == 0 && ++wait_ >= options_.patience && optimizer.learning_rate() > options_.min_lr) {
      const double rate = std::max(optimizer.learning_rate() * options_.factor, options_.min_lr);
      optimizer.set_learning_rate(rate);
      if (options_.verbose > 0) {
        stream_of(options_.out) << "\nEpoch " << epoch + 1 << ": ReduceLROnPlateau reducing learning rate to " << shortest(rate) << ".\n";
      }
      cooling_ = options_.cooldown;
      wait_ = 0;
    }
  }

 private:
  ReduceLrOptions options_;
  Monitor monitor_;
  double best_;
  int wait_ = 0, cooling_ = 0;
};

class LearningRateScheduler final : public Callback {
 public:
  LearningRateScheduler(std::function<double(int64_t, double)> schedule, int verbose, std::ostream* out)
      : schedule_(std::move(schedule)), verbose_(verbose), out_(out) {}

  void on_epoch_begin(int64_t epoch) override {
    Optimizer& optimizer = *model().optimizer();
    const double rate = schedule_(epoch, optimizer.learning_rate());
    LAMINA_CHECK(std::isfinite(rate) && rate >= 0, "The output of the `schedule` function should be a float, got ", rate);
    optimizer.set_learning_rate(rate);
    if (verbose_ > 0) {
      stream_of(out_) << "\nEpoch " << epoch + 1 << ": LearningRateScheduler setting learning rate to " << shortest(rate) << ".\n";
    }
  }

  void on_epoch_end(int64_t, Logs& logs) override { logs.set("learning_rate", model().optimizer()->learning_rate()); }

 private:
  std::function<double(int64_t, double)> schedule_;
  int verbose_;
  std::ostream* out_;
};

// One {name:format} of a checkpoint's path. Formats: none, 02d (whole, width), .4f and .2e.
struct Field {
  std::string name, format;
};

std::string formatted(const Field& field, double value) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  const std::string& format = field.format;
  if (format.empty()) {
    const bool whole = value == std::floor(value) && std::abs(value) < 1e15;
    return whole ? text(static_cast<int64_t>(value)) : shortest(value);
  }
  const char kind = format.back();
  if (kind == 'd') {
    std::string digits = text(static_cast<int64_t>(value));
    const size_t width = format.size() > 1 ? static_cast<size_t>(std::stoul(format.substr(0, format.size() - 1))) : 0;
    while (digits.size() < width) digits.insert(0, format.front() == '0' ? "0" : " ");
    return digits;
  }
  const int precision = format.size() > 2 && format.front() == '.' ? std::stoi(format.substr(1)) : 6;
  out.precision(precision);
  out << (kind == 'e' ? std::scientific : std::fixed) << value;
  return out.str();
}

bool is_known_format(const std::string& format) {
  if (format.empty()) return true;
  const std::string digits = format.substr(0, format.size() - 1);
  const bool all_digits = digits.find_first_not_of("0123456789") == std::string::npos;
  if (format.back() == 'd') return all_digits && digits.size() <= 2;
  const bool precision = digits.size() >= 2 && digits.size() <= 3 && digits.front() == '.' &&
                         digits.find_first_not_of("0123456789", 1) == std::string::npos;
  return (format.back() == 'f' || format.back() == 'e') && precision;
}

// The path as pieces of text and fields, in turn: text, field, text, field, ..., text.
struct PathFormat {
  std::vector<std::string> texts;
  std::vector<Field> fields;

  explicit PathFormat(const std::string& path) {
    size_t at = 0;
    while (true) {
      const size_t open = path.find('{', at);
      texts.push_back(path.substr(at, open == std::string::npos ? open : open - at));
      if (open == std::string::npos) break;
      const size_t close = path.find('}', open);
      LAMINA_CHECK(close != std::string::npos, "ModelCheckpoint: the path \"", path, "\" opens a { that is not closed");
      const std::string inside = path.substr(open + 1, close - open - 1);
      const size_t colon = inside.find(':');
      fields.push_back({inside.substr(0, colon), colon == std::string::npos ? "" : inside.substr(colon + 1)});
      LAMINA_CHECK(is_known_format(fields.back().format), "ModelCheckpoint: the path \"", path, "\" has the format '", fields.back().format,
                   "'; known are 02d, .4f and .2e");
      at = close + 1;
    }
  }
};

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
    for (const Field& field : path_.fields) refuse(field.name);
    if (options_.save_best_only) refuse(monitor_.name());
  }

  void on_epoch_end(int64_t epoch, Logs& logs) override {
    if (++epochs_since_save_ < options_.period) return;
    epochs_since_save_ = 0;
    std::ostream& out = stream_of(options_.out);
    std::string file = path_.texts.front();
    for (size_t i = 0; i < path_.fields.size(); ++i) {
      const Field& field = path_.fields[i];
      const auto value = field.name == "epoch" ? std::optional<double>(static_cast<double>(epoch + 1)) : logs.get(field.name);
      if (!value) {
        out << "warning: Failed to format this callback filepath: \"" << options_.path << "\". Reason: '" << field.name
            << "'. Not saved; the logs are: " << join(logs.names(), ",") << "\n";
        return;
      }
      file += formatted(field, *value) + path_.texts[i + 1];
    }
    if (options_.save_best_only) {
      const auto current = monitor_.read(logs, "Can save best model only with", out);
      if (!current) return;
      if (!monitor_.improves(*current, best_)) {
        if (options_.verbose > 0) {
          out << "\nEpoch " << epoch + 1 << ": " << monitor_.name() << " did not improve from " << formatted({"", ".5f"}, best_) << "\n";
        }
        return;
      }
      if (options_.verbose > 0) {
        out << "\nEpoch " << epoch + 1 << ": " << monitor_.name() << " improved from " << formatted({"", ".5f"}, best_) << " to "
            << formatted({"", ".5f"}, *current) << ", saving model to " << file << "\n";
      }
      best_ = *current;
    } else if (options_.verbose > 0) {
      out << "\nEpoch " << epoch + 1 << ": saving model to " << file << "\n";
    }
    model().save_weights(file);
  }

 private:
  CheckpointOptions options_;
  PathFormat path_;
  Monitor monitor_;
  double best_;
  int64_t epochs_since_save_ = 0;
};

class CsvLogger final : public Callback {
 public:
  explicit CsvLogger(CsvLoggerOptions options) : options_(std::move(options)) {}

  void on_train_begin(const TrainingPlan&) override {
    std::error_code ignored;
    const bool has_content = std::filesystem::file_size(options_.path, ignored) > 0 && !ignored;
    write_header_ = !(options_.append && has_content);
    file_.open(options_.path, options_.append ? std::ios::app : std::ios::trunc);
    if (!file_) throw Error(ErrorKind::io, text("CSVLogger: cannot write '", options_.path, "'; is the folder there and writable?"));
    file_.imbue(std::locale::classic());
  }

  void on_epoch_end(int64_t epoch, Logs& logs) override {
    if (columns_.empty()) columns_ = logs.names();
    if (write_header_) {
      file_ << "epoch";
      for (const std::string& column : columns_) file_ << options_.separator << column;
      file_ << "\n";
      write_header_ = false;
    }
    file_ << epoch;
    for (const std::string& column : columns_) {
      const auto value = logs.get(column);
      file_ << options_.separator << (value ? shortest(*value) : "NA");
    }
    file_ << "\n" << std::flush;
    if (!file_) throw Error(ErrorKind::io, text("CSVLogger: writing '", options_.path, "' failed; is the disk full?"));
  }

  void on_train_end(const Logs&) override { file_.close(); }

 private:
  CsvLoggerOptions options_;
  std::ofstream file_;
  std::vector<std::string> columns_;
  bool write_header_ = true;
};

class TerminateOnNan final : public Callback {
 public:
  explicit TerminateOnNan(std::ostream* out) : out_(out) {}
  bool handles_non_finite() const override { return true; }

  void on_train_batch_end(int64_t batch, const Logs& logs) override {
    const auto loss = logs.get("loss");
    if (!loss || std::isfinite(*loss)) return;
    stream_of(out_) << "Batch " << batch << ": Invalid loss, terminating training\n";
    model().stop_training();
  }

 private:
  std::ostream* out_;
};

class FunctionCallback final : public Callback {
 public:
  explicit FunctionCallback(CallbackFunctions functions) : functions_(std::move(functions)) {}

  void on_train_begin(const TrainingPlan&) override {
    if (functions_.on_train_begin) functions_.on_train_begin();
  }
  void on_train_end(const Logs& logs) override {
    if (functions_.on_train_end) functions_.on_train_end(logs);
  }
  void on_epoch_begin(int64_t epoch) override {
    if (functions_.on_epoch_begin) functions_.on_epoch_begin(epoch);
  }
  void on_epoch_end(int64_t epoch, Logs& logs) override {
    if (functions_.on_epoch_end) functions_.on_epoch_end(epoch, logs);
  }
  void on_train_batch_end(int64_t batch, const Logs& logs) override {
    if (functions_.on_train_batch_end) functions_.on_train_batch_end(batch, logs);
  }

 private:
  CallbackFunctions functions_;
};

}  // namespace

std::shared_ptr<Callback> early_stopping(EarlyStoppingOptions options) { return std::make_shared<EarlyStopping>(std::move(options)); }

std::shared_ptr<Callback> reduce_lr_on_plateau(ReduceLrOptions options) {
  return std::make_shared<ReduceLrOnPlateau>(std::move(options));
}

std::shared_ptr<Callback> learning_rate_scheduler(std::function<double(int64_t, double)> schedule, int verbose, std::ostream* out) {
  return std::make_shared<LearningRateScheduler>(std::move(schedule), verbose, out);
}

std::shared_ptr<Callback> model_checkpoint(CheckpointOptions options) { return std::make_shared<ModelCheckpoint>(std::move(options)); }
std::shared_ptr<Callback> csv_logger(CsvLoggerOptions options) { return std::make_shared<CsvLogger>(std::move(options)); }
std::shared_ptr<Callback> terminate_on_nan(std::ostream* out) { return std::make_shared<TerminateOnNan>(out); }
std::shared_ptr<Callback> callback_of(CallbackFunctions functions) { return std::make_shared<FunctionCallback>(std::move(functions)); }

}  // namespace lamina
