// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/run/run_log.h"

namespace lamina::yolov3 {
namespace {

void add(nlohmann::ordered_json& line, const Logs& logs) {
  for (const auto& [name, value] : logs) line[name] = value;
}

}  // namespace

RunLog::RunLog(RunFolder& folder, std::function<void(const std::string&)> warn, int64_t every_steps)
    : folder_(folder), warn_(std::move(warn)), every_steps_(every_steps) {
  if (every_steps < 0) throw Error(ErrorKind::usage, text("a log of every ", every_steps, " steps; 0 or more"));
}

void RunLog::attempt(const std::function<void()>& write) {
  try {
    write();
    failure_.reset();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::io) throw;
    failure_ = error;
    warn_(text(error.what(), "; the run goes on, what was to be written is kept and tried again"));
  }
}

void RunLog::on_epoch_begin(int64_t epoch) {
  epoch_ = epoch;
  epoch_began_ = std::chrono::steady_clock::now();
}

void RunLog::on_epoch_end(int64_t epoch, Logs& logs) {
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - epoch_began_;
  nlohmann::ordered_json line = {{"epoch", epoch}, {"seconds", taken.count()}};
  add(line, logs);
  attempt([&] { folder_.log(line); });
}

void RunLog::on_train_batch_end(int64_t batch, const Logs& logs) {
  if (every_steps_ == 0 || (batch + 1) % every_steps_ != 0) return;
  nlohmann::ordered_json line = {{"epoch", epoch_}, {"step", batch}};
  add(line, logs);
  attempt([&] { folder_.log(line); });
}

void RunLog::on_train_end(const Logs&) {
  attempt([&] { folder_.flush(); });
}

}  // namespace lamina::yolov3
