// SPDX-License-Identifier: Apache-2.0
// bin/op_bench: its rows and its mistakes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/apps/run_program.h"
#include "tests/testing/scratch_folder.h"

namespace lamina {
namespace {

using ::testing::HasSubstr;
using testing::run_program;

TEST(OpBenchApp, WritesARowForEveryCaseAndImplementation) {
  const testing::ScratchFolder folder;
  const std::string file = folder / "rows.json";
  const auto run = run_program({"op_bench", "--op", "dropout", "--device", "cpu", "--threads", "1", "--repeats", "1", "--json", file});
  ASSERT_EQ(run.exit_code, 0) << run.out;
  EXPECT_THAT(run.out, HasSubstr("dropout/cpu/quads: "));
  std::ifstream json(file);
  const nlohmann::json report = nlohmann::json::parse(json);
  ASSERT_FALSE(report.at("rows").empty());
  EXPECT_EQ(report.at("rows")[0].at("op"), "dropout");
  EXPECT_GT(report.at("rows")[0].at("median_ms").get<double>(), 0);
}

TEST(OpBenchApp, AnUnknownOpIsAUsageErrorThatListsTheOps) {
  const auto run = run_program({"op_bench", "--op", "matmull", "--device", "cpu"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.out, HasSubstr("op_bench: no op 'matmull' with bench cases (did you mean 'matmul'?); there are: "));
  EXPECT_THAT(run.out, HasSubstr("softmax"));
}

}  // namespace
}  // namespace lamina
