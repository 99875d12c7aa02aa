// SPDX-License-Identifier: Apache-2.0
// The harness against an op of its own, whose implementations are wrong in one way each: a check that catches nothing
// is worth nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <sstream>

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "core/runtime/sim/options.h"
#include "kernels/all_ops.h"
#include "tests/conformance/checks.h"
#include "tests/conformance/fake_op.h"
#include "tests/conformance/report.h"

namespace lamina::conformance {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// y = 2 x of one input, in any floating type.
template <int kSlope>
const OpDef& double_op() {
  static const OpDef op{.name = "double",
                        .infer =
                            [](const Attributes&, std::span<const TensorType> inputs) {
                              LAMINA_CHECK(is_floating(inputs[0].dtype), "needs a float, got ", inputs[0].dtype);
                              return std::vector<TensorType>{inputs[0]};
                            },
                        .gradient =
                            [](const GradientContext& context) {
                              return std::vector<Value>{static_cast<double>(kSlope) * context.output_gradients[0]};
                            },
                        .exact_on_integers = true};
  return op;
}

template <int kSlope = 2>
OpCase usual(std::string name, CaseInput input) {
  return {.name = std::move(name), .inputs = {input}, .build = [](std::span<const Value> inputs) {
            return std::vector<Value>{make_value(double_op<kSlope>(), Attributes(), {inputs[0]})};
          }};
}

std::vector<OpCase> usual_cases() { return {usual("12", {.extents = {12}}), usual("3x5", {.extents = {3, 5}})}; }
std::vector<OpCase> wrong_gradient_cases() { return {usual<3>("12", {.extents = {12}})}; }
std::vector<OpCase> zero_cases() { return {usual("zeros", {.extents = {12}, .low = 0, .high = 0})}; }
std::vector<OpCase> empty_cases() { return {usual("empty", {.extents = {0, 4}})}; }

Verdict accepts_all(const KernelQuery&) { return Verdict::yes(); }
Verdict accepts_f32(const KernelQuery& query) {
  return query.in(0) == DType::f32 ? Verdict::yes() : Verdict::no("needs f32");
}

void doubled(KernelContext& context) {
  with_type(context.inputs[0].dtype, [&](auto type) {
    using T = decltype(type);
    const T* const x = static_cast<const T*>(context.inputs[0].data);
    for (int64_t i = 0; i < context.inputs[0].count(); ++i) {
      static_cast<T*>(context.outputs[0].data)[i] = convert<T>(2.0 * convert<double>(x[i]));
    }
  });
}

const KernelImpl kReference{"double", DeviceKind::cpu, "reference", accepts_all, nullptr, doubled};

KernelImpl cpu_impl(void (*launch)(KernelContext&), Verdict (*accepts)(const KernelQuery&) = accepts_f32) {
  return {"double", DeviceKind::cpu, "tested", accepts, nullptr, launch};
}

Suite suite_of(const KernelImpl& impl, std::vector<OpCase> (*cases)() = usual_cases, const OpDef& op = double_op<2>()) {
  OpRegistry ops = kernels::all_ops();
  ops.add(op, std::vector<KernelImpl>{impl, kReference}, cases);
  return Suite(std::move(ops));
}

// The worst that the rows of a mode came to, for the implementation under test.
Outcome worst(const Suite& suite, Mode mode, const std::string& impl = "tested") {
  Checks checks(suite);
  Outcome worst = Outcome::skipped("no row");
  const std::vector<Row> rows = suite.rows({.op = "double", .impl = impl, .modes = {mode}});
  for (const Row& row : rows) {
    const Outcome outcome = checks.run(row);
    const auto rank = [](Status status) {
      return status == Status::failed ? 3 : status == Status::mistrusted ? 2 : status == Status::passed;
    };
    if (rank(outcome.status) > rank(worst.status)) worst = outcome;
  }
  return worst;
}

void expect_failure(const Outcome& outcome, const std::string& text) {
  EXPECT_EQ(outcome.status, Status::failed) << outcome.detail;
  EXPECT_THAT(outcome.detail, HasSubstr(text));
}

float* floats(const TensorView& view) { return static_cast<float*>(view.data); }

TEST(ConformanceHarness, PassesWhatIsRight) {
  const Suite suite = suite_of(cpu_impl(doubled));
  for (const Mode mode : {Mode::parity, Mode::gradient, Mode::repeat, Mode::undeclared}) {
    const Outcome outcome = worst(suite, mode);
    EXPECT_EQ(outcome.status, Status::passed) << name_of(mode) << ": " << outcome.detail;
  }
  EXPECT_EQ(worst(suite, Mode::symbolic, "reference").status, Status::passed);
}

TEST(ConformanceHarness, PassesWhatIsRightOnSim) {
  const Suite suite = suite_of(sim::doubling_impl("right"));
  for (const Mode mode : {Mode::parity, Mode::gradient, Mode::repeat, Mode::race, Mode::undeclared}) {
    const Outcome outcome = worst(suite, mode, "right");
    EXPECT_EQ(outcome.status, Status::passed) << name_of(mode) << ": " << outcome.detail;
  }
}

TEST(ConformanceHarness, CatchesAWrongValue) {
  const Suite suite =
      suite_of(cpu_impl([](KernelContext& context) { doubled(context), floats(context.outputs[0])[7] += 1e-5f; }));
  expect_failure(worst(suite, Mode::parity), "at (7)");
  expect_failure(worst(suite, Mode::gradient), "y0");
}

TEST(ConformanceHarness, CatchesAnUnwrittenElement) {
  const Suite suite = suite_of(cpu_impl([](KernelContext& context) {
    const float before = floats(context.outputs[0])[11];
    doubled(context), floats(context.outputs[0])[11] = before;
  }));
  expect_failure(worst(suite, Mode::parity), "got nan");
}

TEST(ConformanceHarness, CatchesAWriteOutsideOfTheOutput) {
  const Suite behind = suite_of(cpu_impl(
      [](KernelContext& context) { doubled(context), floats(context.outputs[0])[context.outputs[0].count()] = 1; }));
  expect_failure(worst(behind, Mode::parity), "bytes behind output 0 were written");
  const Suite before =
      suite_of(cpu_impl([](KernelContext& context) { doubled(context), floats(context.outputs[0])[-1] = 1; }));
  expect_failure(worst(before, Mode::parity), "bytes before output 0 were written");
}

TEST(ConformanceHarness, CatchesAChangedInput) {
  const Suite suite =
      suite_of(cpu_impl([](KernelContext& context) { doubled(context), floats(context.inputs[0])[0] += 1; }));
  expect_failure(worst(suite, Mode::parity), "input 0 was changed");
}

TEST(ConformanceHarness, CatchesAWrongGradientRule) {
  const Suite suite = suite_of(cpu_impl(doubled), wrong_gradient_cases, double_op<3>());
  expect_failure(worst(suite, Mode::gradient, "reference"), "differences give");
  EXPECT_EQ(worst(suite, Mode::parity).status, Status::passed);
}

TEST(ConformanceHarness, CatchesAGradientRuleThatNeedsNumbers) {
  static const OpDef op{
      .name = "double", .infer = double_op<2>().infer, .gradient = [](const GradientContext& context) {
        const int64_t count = context.inputs[0].shape().extents().count();
        return std::vector<Value>{static_cast<double>(count) * 0 + 2.0 * context.output_gradients[0]};
      }};
  const auto cases = [] {
    OpCase one = usual("12", {.extents = {12}});
    one.build = [](std::span<const Value> inputs) {
      return std::vector<Value>{make_value(op, Attributes(), {inputs[0]})};
    };
    return std::vector<OpCase>{one};
  };
  expect_failure(worst(suite_of(cpu_impl(doubled), cases, op), Mode::symbolic, "reference"), "n12");
}

TEST(ConformanceHarness, CatchesRunsThatDiffer) {
  const Suite suite = suite_of(cpu_impl([](KernelContext& context) {
    static float drift = 0;
    doubled(context), floats(context.outputs[0])[2] += (drift += 1e-7f);
  }));
  expect_failure(worst(suite, Mode::repeat), "the second run: output 0");
}

TEST(ConformanceHarness, CatchesWhatAnotherCaseLeavesBehind) {
  const Suite suite = suite_of(cpu_impl([](KernelContext& context) {
    static int64_t count_of_first = context.outputs[0].count();
    static float left_behind = 0;
    if (context.outputs[0].count() != count_of_first) left_behind = 1;
    doubled(context), floats(context.outputs[0])[2] += left_behind;
  }));
  expect_failure(worst(suite, Mode::repeat), "the run behind another case");
}

TEST(ConformanceHarness, CatchesFaultsOnSim) {
  if (!sim_checks_available()) GTEST_SKIP() << "accesses are not checked in this build";
  expect_failure(worst(suite_of(sim::doubling_impl("past_end")), Mode::parity, "past_end"),
                 "out-of-bounds access in doubling_past_end_kernel");
  expect_failure(worst(suite_of(sim::doubling_impl("in_place")), Mode::parity, "in_place"), "uninitialised");
  expect_failure(worst(suite_of(sim::doubling_impl("race")), Mode::race, "race"), "race");
}

TEST(ConformanceHarness, CatchesAResultThatDependsOnTheOrderOfThreads) {
  expect_failure(worst(suite_of(sim::doubling_impl("ticket")), Mode::race, "ticket"), "thread order 2: output 0");
}

TEST(ConformanceHarness, MistrustsACaseThatExpectsZeros) {
  const Outcome outcome = worst(suite_of(cpu_impl(doubled), zero_cases), Mode::parity);
  EXPECT_EQ(outcome.status, Status::mistrusted);
  EXPECT_EQ(outcome.detail, "12 of 12 elements of expected output 0 are 0");
  EXPECT_EQ(worst(suite_of(cpu_impl(doubled), empty_cases), Mode::parity).status, Status::passed);
}

TEST(ConformanceHarness, CatchesARefusalWithoutAReason) {
  const Suite suite = suite_of(cpu_impl(
      doubled, [](const KernelQuery& query) { return query.in(0) == DType::f32 ? Verdict::yes() : Verdict::no(""); }));
  expect_failure(worst(suite, Mode::undeclared), "refuses without a reason");
}

TEST(ConformanceHarness, CatchesATypeThatIsAcceptedAndDoneWrongly) {
  const Suite suite = suite_of(cpu_impl(
      [](KernelContext& context) {
        if (context.inputs[0].dtype == DType::f32) return doubled(context);
        for (size_t i = 0; i < context.outputs[0].bytes(); ++i) static_cast<char*>(context.outputs[0].data)[i] = 0;
      },
      accepts_all));
  expect_failure(worst(suite, Mode::undeclared), "elements differ");
}

TEST(ConformanceHarness, CatchesAQuestionThatThrows) {
  const Suite suite = suite_of(cpu_impl(doubled, [](const KernelQuery& query) {
    LAMINA_CHECK(query.in(0) == DType::f32, "cannot say");
    return Verdict::yes();
  }));
  expect_failure(worst(suite, Mode::undeclared), "cannot say");
}

TEST(ConformanceHarness, CountsARefusalAsSkippedWithItsReason) {
  const Suite suite = suite_of(cpu_impl(doubled, [](const KernelQuery&) { return Verdict::no("never"); }));
  const Outcome outcome = worst(suite, Mode::parity);
  EXPECT_EQ(outcome.status, Status::skipped);
  EXPECT_EQ(worst(suite, Mode::parity, "reference").status, Status::passed);
}

TEST(ConformanceHarness, PrintsACommandThatRunsTheFailureAlone) {
  const Suite suite =
      suite_of(cpu_impl([](KernelContext& context) { doubled(context), floats(context.outputs[0])[0] = 5; }));
  Checks checks(suite);
  std::ostringstream out;
  Report report(out, false);
  for (const Row& row : suite.rows({.op = "double", .modes = {Mode::parity}})) report.end(row, checks.run(row));
  EXPECT_FALSE(report.all_well());
  EXPECT_EQ(report.count(Status::failed), 2);
  EXPECT_THAT(out.str(), HasSubstr("conformance --op double --case 3x5 --impl cpu/tested --dtype f32 --mode parity"));
  const auto alone =
      suite.rows({.op = "double", .one = "3x5", .impl = "cpu/tested", .dtype = "f32", .modes = {Mode::parity}});
  EXPECT_EQ(alone.size(), 1u);
}

TEST(ConformanceHarness, ListsEveryRowOnceAndNamesTheMistrusted) {
  const Suite suite = suite_of(cpu_impl(doubled), zero_cases);
  Checks checks(suite);
  std::ostringstream out;
  list_rows(suite.rows({.op = "double", .modes = {Mode::parity, Mode::repeat}}), checks, true, out);
  EXPECT_THAT(out.str(), HasSubstr("\"distinct\": 4"));
  EXPECT_THAT(out.str(), HasSubstr("\"mistrusted\": 2"));
}

TEST(ConformanceHarness, NamesTheNearestOfAnUnknownName) {
  const Suite suite = suite_of(cpu_impl(doubled));
  try {
    suite.rows({.op = "doubel"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'double'?"));
  }
  EXPECT_THROW(suite.rows({.op = "double", .one = "13"}), Error);
  EXPECT_THROW(suite.rows({.op = "double", .impl = "cuda/tested"}), Error);
  EXPECT_THROW(mode_from_name("paritty"), Error);
}

TEST(ConformanceHarness, RefusesTwoCasesOfOneName) {
  EXPECT_THROW(suite_of(cpu_impl(doubled),
                        [] {
                          return std::vector<OpCase>{usual("a", {.extents = {2}}), usual("a", {.extents = {3}})};
                        }),
               Error);
}

}  // namespace
}  // namespace lamina::conformance
