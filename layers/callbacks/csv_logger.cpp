// SPDX-License-Identifier: Apache-2.0
// CSVLogger. The first epoch's logs are the columns; a log that a later epoch lacks is NA.
#include <filesystem>
#include <fstream>

#include "core/base/check.h"
#include "layers/callbacks.h"
#include "layers/callbacks/messages.h"

namespace lamina {
namespace {

class CsvLogger final : public Callback {
 public:
  explicit CsvLogger(CsvLoggerOptions options) : options_(std::move(options)) {}

  // A new stream each time: a fit that threw has left its file open.
  void on_train_begin(const TrainingPlan&) override {
    std::error_code ignored;
    const bool has_content = std::filesystem::file_size(options_.path, ignored) > 0 && !ignored;
    write_header_ = !(options_.append && has_content);
    if (write_header_) columns_.clear();
    file_ = std::ofstream(options_.path, options_.append ? std::ios::app : std::ios::trunc);
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
      file_ << options_.separator << (value ? python_float(*value) : "NA");
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

}  // namespace

std::shared_ptr<Callback> csv_logger(CsvLoggerOptions options) { return std::make_shared<CsvLogger>(std::move(options)); }

}  // namespace lamina
