// SPDX-License-Identifier: Apache-2.0
// What a run prints: one paragraph per failure with the command that repeats it, then totals, with skips by reason.
#pragma once

#include <chrono>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "tests/conformance/checks.h"

namespace lamina::conformance {

class Report {
 public:
  Report(std::ostream& out, bool verbose) : out_(out), verbose_(verbose) {}

  void begin(const Row& row);  // verbose: printed before it runs, so that a crash is named
  void end(const Row& row, const Outcome& outcome);
  void print_totals(bool as_json) const;

  long count(Status status) const;
  bool all_well() const { return count(Status::failed) == 0 && count(Status::mistrusted) == 0; }

 private:
  struct Totals {
    long of[4] = {};
    double seconds = 0;
  };

  std::ostream& out_;
  bool verbose_;
  std::map<Mode, Totals> totals_;
  std::map<std::string, long> skips_;  // by reason
  std::chrono::steady_clock::time_point started_;
};

// Every row, then how many there are, how many can run here, and how many of these are mistrusted.
void list_rows(const std::vector<Row>& rows, Checks& checks, bool as_json, std::ostream& out);

}  // namespace lamina::conformance
