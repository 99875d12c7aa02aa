// SPDX-License-Identifier: Apache-2.0
// bin/two_outputs: data and losses by name and by lists train alike.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/apps/run_program.h"
#include "tests/testing/devices.h"
#include "tests/testing/scratch_folder.h"

namespace lamina {
namespace {

using ::testing::HasSubstr;
using testing::run_program;

TEST(TwoOutputsApp, NamesAndListsGiveIdenticalHistories) {
  const testing::ScratchFolder folder;
  for (const DeviceKind device : testing::available_devices()) {
    const std::string file = folder / "report.json";
    const auto run = run_program({"two_outputs", "--samples", "40", "--epochs", "2", "--vocabulary", "30", "--width", "4", "--length", "5",
                                  "--device", std::string(name_of(device)), "--threads", "2", "--json", file});
    ASSERT_EQ(run.exit_code, 0) << run.out;
    EXPECT_THAT(run.out, HasSubstr("histories by name and by lists are identical\n"));
    EXPECT_THAT(run.out, HasSubstr("loss binding: aux_output (None, 1) <- binary_crossentropy (needs y), weight 0.2\n"));
    std::ifstream json(file);
    const nlohmann::json report = nlohmann::json::parse(json);
    EXPECT_TRUE(report.at("identical").get<bool>());
    for (const char* name : {"loss", "main_output_loss", "aux_output_loss"}) EXPECT_EQ(report.at("history").at(name).size(), 2u) << name;
  }
}

TEST(TwoOutputsApp, HasTheGuidesParameters) {
  const auto run = run_program({"two_outputs", "--samples", "1", "--epochs", "1", "--length", "1", "--device", "cpu"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, HasSubstr("Total params: 5,200,610\n"));
}

TEST(TwoOutputsApp, WrongFlagsAreUsageErrors) {
  EXPECT_EQ(run_program({"two_outputs", "--samples", "0"}).exit_code, 2);
  const auto unknown = run_program({"two_outputs", "--sample", "4"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.out, HasSubstr("(did you mean '--samples'?)"));
}

}  // namespace
}  // namespace lamina
