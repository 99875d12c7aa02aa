// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/checks.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/runtime/sim/options.h"
#include "tests/conformance/symbolic_check.h"
#include "tests/conformance/trust.h"
#include "tests/testing/devices.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina::conformance {
namespace {

constexpr int kShuffledOrders = 5;

// Options of the simulator for as long as it lives.
class SimRuns {
 public:
  SimRuns(bool checked, uint64_t seed, int threads = 0) : before_(sim_options()) {
    set_sim_options({checked && sim_checks_available() ? SimChecks::faults : SimChecks::off, seed, threads});
  }
  ~SimRuns() { set_sim_options(before_); }

 private:
  SimOptions before_;
};

// Sums, copies and products by exact factors of whole numbers leave no room for rounding.
bool must_be_exact(const OpDef& op, const OpCase& one) {
  return op.exact_on_integers && std::all_of(one.inputs.begin(), one.inputs.end(), [](const CaseInput& input) {
           return !is_floating(input.dtype) || input.fill == CaseInput::Fill::integers;
         });
}

std::string first_difference(const std::vector<HostTensor>& a, const std::vector<HostTensor>& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (testing::same_bits(a[i], b[i])) continue;
    const std::string why = testing::exact_difference(a[i], b[i]);
    return text("output ", i, ": ", why.empty() ? "other bits" : why);
  }
  return "";
}

}  // namespace

std::string_view name_of(Status status) {
  constexpr std::string_view kNames[] = {"passed", "failed", "skipped", "mistrusted"};
  return kNames[static_cast<size_t>(status)];
}

const testing::TracedCase& Checks::traced(const Row& row) {
  const Key key{row.one, row.types};
  if (!(traced_key_ == key)) {
    traced_ = testing::trace_case(*row.one, row.types);
    traced_key_ = key;
  }
  return traced_;
}

const testing::PreparedCase& Checks::prepared(const Row& row) {
  const Key key{row.one, row.types};
  if (!(prepared_key_ == key)) {
    prepared_key_ = {};
    prepared_ = testing::prepare_case(suite_.ops(), row.op, *row.one, row.types);
    prepared_key_ = key;
  }
  return prepared_;
}

testing::NodeRunner Checks::runner(const Row& row, const testing::PreparedCase& one) {
  return testing::NodeRunner(suite_.ops(), *row.impl, one.node, testing::device(row.impl->device), {row.tf32});
}

std::optional<std::string> Checks::skip_reason(const Row& row) {
  if (row.one->tag == CaseTag::bench) return "a bench case: for benchmarks";
  if (!row.impl) return std::nullopt;
  if (row.impl->device == DeviceKind::cuda && !testing::has_cuda()) return "no GPU";
  if (row.mode == Mode::undeclared) return std::nullopt;
  if (row.mode == Mode::gradient) {
    const std::string none = no_gradient_reason(*row.one);
    if (!none.empty()) return none;
  }
  const Verdict verdict = testing::ask(*row.impl, *traced(row).node, {row.tf32});
  if (!verdict.accepted()) return text(row.impl->full_name(), ": ", verdict.reason());
  return std::nullopt;
}

bool Checks::is_mistrusted(const Row& row) {
  return !reason_to_mistrust(prepared(row).inputs, prepared(row).expected).empty();
}

Outcome Checks::run(const Row& row) {
  try {
    return run_unguarded(row);
  } catch (const std::exception& error) {
    return Outcome::failed(error.what());
  }
}

Outcome Checks::run_unguarded(const Row& row) {
  if (const auto reason = skip_reason(row)) return Outcome::skipped(*reason);
  switch (row.mode) {
    case Mode::parity:
      return parity(row);
    case Mode::gradient:
      return gradient(row);
    case Mode::repeat:
      return repeat(row);
    case Mode::race:
      return race(row);
    case Mode::undeclared:
      return undeclared(row);
    case Mode::symbolic:
      break;
  }
  return symbolic(row);
}

Outcome Checks::parity(const Row& row) {
  const std::string doubt = reason_to_mistrust(prepared(row).inputs, prepared(row).expected);
  return doubt.empty() ? compared(row) : Outcome::mistrusted(doubt);
}

Outcome Checks::compared(const Row& row) {
  const testing::PreparedCase& one = prepared(row);
  const SimRuns checked(true, 0);
  const std::vector<HostTensor> outputs = runner(row, one).run(one.inputs);
  const bool exact = must_be_exact(*one.node->op, *row.one);
  for (size_t i = 0; i < one.checked.size(); ++i) {
    const HostTensor& actual = outputs[static_cast<size_t>(one.checked[i])];
    const testing::Tolerance tolerance = row.tf32 ? testing::tf32_tolerance_for(one.reduction_length)
                                                  : testing::tolerance_for(actual.dtype(), one.reduction_length);
    const std::string why = exact ? testing::exact_difference(actual, one.expected[i])
                                  : testing::difference(actual, one.expected[i], tolerance);
    if (!why.empty())
      return Outcome::failed(text("output ", one.checked[i], ": ", why, exact ? " (must be equal)" : ""));
  }
  return Outcome::passed();
}

const ReferenceGradient& Checks::gradient_of(const Row& row) {
  if (gradient_case_ != row.one) {
    gradient_case_ = nullptr;
    gradient_ = reference_gradient(suite_.ops(), row.op, *row.one);
    gradient_case_ = row.one;
  }
  return gradient_;
}

Outcome Checks::gradient(const Row& row) {
  const ReferenceGradient& reference = gradient_of(row);
  const SimRuns checked(true, 0);
  const std::string why = row.dtype == "f64" ? check_by_differences(suite_.ops(), row.op, *row.one, reference)
                                             : check_implementation(suite_.ops(), *row.one, *row.impl, reference);
  if (!why.empty()) return Outcome::failed(why);
  if (!reference.flows) return Outcome::skipped("the gradient is zero by definition (confirmed)");
  return Outcome::passed();
}

// A case of the same op that the implementation accepts, between two runs of the row's.
void Checks::run_another_case(const Row& row) {
  for (const OpCase& other : suite_.cases(row.op)) {
    if (&other == row.one || !is_small(other)) continue;
    const Row between{row.mode, row.op, &other, row.impl, row.dtype, testing::input_types(other, DType::f32), row.tf32};
    const testing::TracedCase traced = testing::trace_case(other, between.types);
    if (!testing::ask(*row.impl, *traced.node, {row.tf32}).accepted()) continue;
    const testing::PreparedCase one = testing::prepare_case(suite_.ops(), row.op, other, between.types);
    runner(between, one).run(one.inputs);
    return;
  }
}

Outcome Checks::repeat(const Row& row) {
  const testing::PreparedCase& one = prepared(row);
  testing::NodeRunner same = runner(row, one);
  std::vector<HostTensor> first;
  {
    const SimRuns on_one_thread(false, 0, 1);
    first = same.run(one.inputs);
  }
  const SimRuns on_all_threads(false, 0);  // blocks of a launch come in another order
  if (const std::string why = first_difference(same.run(one.inputs), first); !why.empty()) {
    return Outcome::failed("the second run: " + why);
  }
  if (row.impl->device == DeviceKind::cpu) {
    run_another_case(row);
    const std::string why = first_difference(same.run(one.inputs), first);
    if (!why.empty()) return Outcome::failed("the run behind another case: " + why);
  }
  if (const std::string why = first_difference(runner(row, one).run(one.inputs), first); !why.empty()) {
    return Outcome::failed("prepared again: " + why);
  }
  return Outcome::passed();
}

Outcome Checks::race(const Row& row) {
  const testing::PreparedCase& one = prepared(row);
  testing::NodeRunner same = runner(row, one);
  std::vector<HostTensor> first;
  for (int seed = 1; seed <= kShuffledOrders; ++seed) {
    const SimRuns checked(true, static_cast<uint64_t>(seed));
    std::vector<HostTensor> outputs = same.run(one.inputs);
    if (seed == 1) {
      first = std::move(outputs);
    } else if (const std::string why = first_difference(outputs, first); !why.empty()) {
      return Outcome::failed(text("thread order ", seed, ": ", why));
    }
  }
  return Outcome::passed();
}

Outcome Checks::undeclared(const Row& row) {
  const testing::TracedCase* known = nullptr;
  try {
    known = &traced(row);
  } catch (const Error& error) {
    const bool expected = error.kind() == ErrorKind::model || error.kind() == ErrorKind::usage;
    if (expected && *error.what()) return Outcome::passed();
    return Outcome::failed(text("the graph failed where it should refuse: ", error.what()));
  }
  if (!row.impl) return Outcome::failed("the graph takes these types now, and refused them before");
  const Verdict verdict = testing::ask(*row.impl, *known->node);
  if (!verdict.accepted())
    return verdict.reason().empty() ? Outcome::failed("refuses without a reason") : Outcome::passed();
  return compared(row);
}

Outcome Checks::symbolic(const Row& row) {
  const SymbolicCase one = trace_with_symbols(*row.one);
  if (one.traced.outputs.empty()) return Outcome::skipped("the call needs numbers: " + one.refusal);
  if (gradient_of(row).outputs.empty()) return Outcome::skipped("no output of floats");
  const std::string why = check_symbolic(suite_.ops(), one, gradient_of(row));
  return why.empty() ? Outcome::passed() : Outcome::failed(why);
}

}  // namespace lamina::conformance
