// SPDX-License-Identifier: Apache-2.0
#include "layers/model/progress.h"

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <iomanip>
#include <iostream>

#include "core/base/text.h"

namespace lamina {
namespace {

constexpr int kBarWidth = 30;
constexpr double kSecondsBetweenRewrites = 0.1;

using Clock = std::chrono::steady_clock;

// Four digits behind the point, or as a power of ten where those would show nothing.
std::string shown_number(double value) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  if (value != 0 && std::abs(value) < 1e-3) {
    out << std::scientific;
  } else {
    out << std::fixed;
  }
  out << std::setprecision(4) << value;
  return out.str();
}

class ProgressLine final : public Callback {
 public:
  ProgressLine(std::ostream& out, int verbose, bool interactive) : out_(out), verbose_(verbose), interactive_(interactive) {}

  void on_train_begin(const TrainingPlan& plan) override { plan_ = plan; }

  void on_epoch_begin(int64_t epoch) override {
    out_ << "Epoch " << epoch + 1;
    if (plan_.epochs != kUntilStopped) out_ << "/" << plan_.epochs;
    out_ << "\n" << std::flush;
    start_ = last_ = Clock::now();
    done_ = 0;
  }

  void on_train_batch_end(int64_t batch, const Logs& logs) override {
    done_ = batch + 1;
    const auto now = Clock::now();
    const bool due = std::chrono::duration<double>(now - last_).count() >= kSecondsBetweenRewrites;
    if (verbose_ != 1 || !interactive_ || !due) return;
    last_ = now;
    out_ << "\r" << line(logs, false) << "\x1b[K" << std::flush;
  }

  void on_epoch_end(int64_t, Logs& logs) override {
    if (verbose_ == 1 && interactive_) out_ << "\r";
    out_ << line(logs, true);
    if (verbose_ == 1 && interactive_) out_ << "\x1b[K";
    out_ << "\n" << std::flush;
  }

 private:
  std::string line(const Logs& logs, bool finished) const {
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    const std::string steps = plan_.steps ? text(*plan_.steps) : finished ? text(done_) : "?";
    std::string out = text(done_, "/", steps);
    if (verbose_ == 1) out += " " + bar(finished);
    const double each = done_ ? seconds / static_cast<double>(done_) : 0;
    if (finished) {
      out += " - " + shown_duration(seconds) + " " + shown_duration(each) + "/step";
    } else {
      out += " - ETA: " + (plan_.steps ? shown_duration(each * static_cast<double>(*plan_.steps - done_)) : std::string("?"));
    }
    for (const auto& [name, value] : logs) out += " - " + name + ": " + shown_number(value);
    return out;
  }

  std::string bar(bool finished) const {
    int filled = kBarWidth;
    if (!finished && plan_.steps && *plan_.steps > 0) filled = static_cast<int>(kBarWidth * done_ / *plan_.steps);
    if (!finished && !plan_.steps) filled = 0;
    if (filled >= kBarWidth) return "[" + std::string(kBarWidth, '=') + "]";
    return "[" + std::string(static_cast<size_t>(filled), '=') + ">" + std::string(static_cast<size_t>(kBarWidth - filled - 1), '.') + "]";
  }

  std::ostream& out_;
  int verbose_;
  bool interactive_;
  TrainingPlan plan_;
  int64_t done_ = 0;
  Clock::time_point start_, last_;
};

}  // namespace

std::string shown_duration(double seconds) {
  if (!(seconds >= 0) || std::isinf(seconds)) return "?";
  if (seconds < 1e-3) return text(static_cast<int64_t>(std::lround(seconds * 1e6)), "us");
  if (seconds < 1) return text(static_cast<int64_t>(std::lround(seconds * 1e3)), "ms");
  const auto whole = static_cast<int64_t>(seconds);
  if (whole < 60) return text(whole, "s");
  const auto two = [](int64_t number) { return text(number < 10 ? "0" : "", number); };
  if (whole < 3600) return text(whole / 60, ":", two(whole % 60));
  return text(whole / 3600, ":", two(whole / 60 % 60), ":", two(whole % 60));
}

bool is_terminal(const std::ostream& out) {
  if (&out == &std::cout) return isatty(STDOUT_FILENO) != 0;
  if (&out == &std::cerr) return isatty(STDERR_FILENO) != 0;
  return false;
}

std::shared_ptr<Callback> progress_line(std::ostream& out, int verbose, bool interactive) {
  return std::make_shared<ProgressLine>(out, verbose, interactive);
}

}  // namespace lamina
