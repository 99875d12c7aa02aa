// SPDX-License-Identifier: Apache-2.0
// Runs rows. What rows of one case share (its inputs and expected numbers) is kept from one row to the next.
#pragma once

#include <optional>
#include <string>

#include "tests/conformance/gradient_check.h"
#include "tests/conformance/suite.h"
#include "tests/testing/case_runner.h"

namespace lamina::conformance {

enum class Status { passed, failed, skipped, mistrusted };
std::string_view name_of(Status status);

struct Outcome {
  Status status = Status::passed;
  std::string detail;  // what failed, or why it was skipped

  static Outcome passed() { return {}; }
  static Outcome failed(std::string detail) { return {Status::failed, std::move(detail)}; }
  static Outcome skipped(std::string reason) { return {Status::skipped, std::move(reason)}; }
  static Outcome mistrusted(std::string why) { return {Status::mistrusted, std::move(why)}; }
};

class Checks {
 public:
  explicit Checks(const Suite& suite) : suite_(suite) {}

  // Never throws: what a row throws is its failure.
  Outcome run(const Row& row);

  // Why run() would skip the row, or nothing. A cheap question: nothing is computed.
  std::optional<std::string> skip_reason(const Row& row);

  // Whether parity would mistrust the row's case; runs the reference.
  bool is_mistrusted(const Row& row);

 private:
  Outcome run_unguarded(const Row& row);
  Outcome parity(const Row& row);
  Outcome compared(const Row& row);
  Outcome gradient(const Row& row);
  Outcome repeat(const Row& row);
  Outcome race(const Row& row);
  Outcome undeclared(const Row& row);
  Outcome symbolic(const Row& row);

  const testing::PreparedCase& prepared(const Row& row);
  const testing::TracedCase& traced(const Row& row);
  const ReferenceGradient& gradient_of(const Row& row);
  testing::NodeRunner runner(const Row& row, const testing::PreparedCase& one);
  void run_another_case(const Row& row);

  const Suite& suite_;
  struct Key {
    const OpCase* one = nullptr;
    std::vector<DType> types;
    friend bool operator==(const Key&, const Key&) = default;
  };
  Key traced_key_, prepared_key_;
  testing::TracedCase traced_;
  testing::PreparedCase prepared_;
  const OpCase* gradient_case_ = nullptr;
  ReferenceGradient gradient_;
};

}  // namespace lamina::conformance
