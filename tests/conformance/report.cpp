// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/report.h"

#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>
#include <regex>
#include <set>

namespace lamina::conformance {
namespace {

// Reasons that differ in numbers only are counted as one.
std::string without_numbers(const std::string& reason) {
  static const std::regex number("\\b[0-9]+\\b");
  return std::regex_replace(reason, number, "N");
}

}  // namespace

void Report::begin(const Row& row) {
  started_ = std::chrono::steady_clock::now();
  if (verbose_) out_ << row.repro() << std::endl;
}

void Report::end(const Row& row, const Outcome& outcome) {
  Totals& totals = totals_[row.mode];
  totals.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  ++totals.of[static_cast<size_t>(outcome.status)];
  if (outcome.status == Status::skipped) ++skips_[without_numbers(outcome.detail)];
  const bool bad = outcome.status == Status::failed || outcome.status == Status::mistrusted;
  if (bad) out_ << name_of(outcome.status) << ": " << row.repro() << "\n  " << outcome.detail << std::endl;
  if (verbose_ && !bad)
    out_ << "  " << name_of(outcome.status) << (outcome.detail.empty() ? "" : ": " + outcome.detail) << "\n";
}

long Report::count(Status status) const {
  long sum = 0;
  for (const auto& [mode, totals] : totals_) sum += totals.of[static_cast<size_t>(status)];
  return sum;
}

void Report::print_totals(bool as_json) const {
  if (as_json) {
    nlohmann::ordered_json json;
    for (const auto& [mode, totals] : totals_) {
      auto& one = json[std::string(name_of(mode))];
      for (int status = 0; status < 4; ++status)
        one[std::string(name_of(static_cast<Status>(status)))] = totals.of[status];
      one["seconds"] = totals.seconds;
    }
    json["skips"] = skips_;
    out_ << json.dump(2) << "\n";
    return;
  }
  if (!skips_.empty()) out_ << "skipped:\n";
  for (const auto& [reason, count] : skips_) out_ << std::setw(7) << count << "  " << reason << "\n";
  out_ << "mode        passed  failed  mistrusted  skipped  seconds\n";
  const auto line = [&](std::string_view name, const long* of, double seconds) {
    out_ << std::left << std::setw(10) << name << std::right << std::setw(8) << of[0] << std::setw(8) << of[1]
         << std::setw(12) << of[3] << std::setw(9) << of[2] << std::fixed << std::setprecision(1) << std::setw(9)
         << seconds << "\n";
  };
  double seconds = 0;
  for (const auto& [mode, totals] : totals_) {
    line(name_of(mode), totals.of, totals.seconds);
    seconds += totals.seconds;
  }
  const long all[] = {count(Status::passed), count(Status::failed), count(Status::skipped), count(Status::mistrusted)};
  line("all", all, seconds);
}

void list_rows(const std::vector<Row>& rows, Checks& checks, bool as_json, std::ostream& out) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::set<std::string> distinct;
  std::map<std::string, long> skips, by_mode;
  long mistrusted = 0;
  for (const Row& row : rows) {
    const auto skipped = checks.skip_reason(row);
    const bool doubtful = !skipped && row.mode == Mode::parity && checks.is_mistrusted(row);
    if (skipped) {
      ++skips[without_numbers(*skipped)];
    } else {
      distinct.insert(row.repro());
      ++by_mode[std::string(name_of(row.mode))];
      mistrusted += doubtful;
    }
    if (!as_json) {
      out << row.op << " " << row.one->name << " " << row.impl_name() << " " << row.dtype << " " << name_of(row.mode)
          << (skipped ? "  skipped: " + *skipped : "") << (doubtful ? "  mistrusted" : "") << "\n";
      continue;
    }
    nlohmann::ordered_json one = {{"op", row.op},
                                  {"case", row.one->name},
                                  {"impl", row.impl_name()},
                                  {"dtype", row.dtype},
                                  {"mode", name_of(row.mode)}};
    if (skipped) one["skipped"] = *skipped;
    if (doubtful) one["mistrusted"] = true;
    list.push_back(std::move(one));
  }
  if (as_json) {
    const nlohmann::ordered_json json = {{"rows", std::move(list)},
                                         {"distinct", distinct.size()},
                                         {"by_mode", by_mode},
                                         {"mistrusted", mistrusted},
                                         {"skipped", skips}};
    out << json.dump(1) << "\n";
    return;
  }
  for (const auto& [mode, count] : by_mode) out << count << " " << mode << "\n";
  out << distinct.size() << " distinct rows, " << mistrusted << " mistrusted\n";
}

}  // namespace lamina::conformance
