// SPDX-License-Identifier: Apache-2.0
// The flags that all programs share, as a user gives them: every mistake is said before the first line of output.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "core/runtime/sim/options.h"
#include "tests/apps/run_program.h"
#include "tests/testing/scratch_folder.h"

namespace lamina {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::output_until;
using testing::ProgramResult;
using testing::run_program;

ProgramResult toy(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"toy_lstm", "--timesteps", "1", "--epochs", "1"});
  return run_program(arguments);
}

// Nothing but the message: "toy_lstm: ..." is what comes first.
void expect_refused(const ProgramResult& run, int exit_code, const std::string& message) {
  EXPECT_EQ(run.exit_code, exit_code) << run.out;
  EXPECT_THAT(run.out, HasSubstr(message));
  EXPECT_THAT(run.out, Not(HasSubstr("Model:")));
  EXPECT_THAT(run.out, Not(HasSubstr("device: ")));
}

TEST(OutputFiles, TheNameOfTheWeightsIsCheckedBeforeTheTraining) {
  expect_refused(toy({"--save", "weights.txt"}), 2, "toy_lstm: --save: the name 'weights.txt' must end in .safetensors or .npz\n");
  expect_refused(toy({"--save", ""}), 2, "--save: the name of the file is empty\n");
  expect_refused(toy({"--json", ""}), 2, "--json: the name of the file is empty\n");
}

TEST(OutputFiles, AFolderThatIsNotThereIsAnIoErrorBeforeTheTraining) {
  const testing::ScratchFolder folder;
  expect_refused(toy({"--save", folder / "none/toy.npz"}), 5, "toy_lstm: --save: cannot open the folder of ");
  expect_refused(toy({"--json", folder / "none/toy.json"}), 5, "toy_lstm: --json: cannot open the folder of ");
  expect_refused(run_program({"two_outputs", "--json", folder / "none/report.json"}), 5, "two_outputs: --json: cannot open the folder of ");
  expect_refused(run_program({"op_bench", "--json", folder / "none/report.json"}), 5, "op_bench: --json: cannot open the folder of ");
  EXPECT_TRUE(folder.names().empty());
}

TEST(OutputFiles, WhatIsNoFileIsAnIoErrorBeforeTheTraining) {
  const testing::ScratchFolder folder;
  std::filesystem::create_directory(folder / "toy.npz");
  expect_refused(toy({"--save", folder / "toy.npz"}), 5, "there is a folder of that name; choose another name");
  expect_refused(toy({"--json", "/dev/null"}), 5, "--json: cannot write \"/dev/null\": there is a device or pipe of that name");
}

TEST(OutputFiles, AFolderThatMayNotBeWrittenIsAnIoErrorBeforeTheTraining) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write to every folder";
  const testing::ScratchFolder folder;
  std::filesystem::create_directory(folder / "locked");
  chmod((folder / "locked").c_str(), 0500);
  expect_refused(toy({"--save", folder / "locked/toy.npz"}), 5, "Permission denied; check the permissions of the file and of its folder");
}

TEST(OutputFiles, OneFileForTwoFlagsIsAUsageErrorHoweverItIsWritten) {
  const testing::ScratchFolder folder;
  const std::string file = folder / "toy.npz";
  expect_refused(toy({"--save", file, "--json", folder / "./toy.npz"}), 2, "--save and --json name the same file '");
  EXPECT_TRUE(folder.names().empty());
}

TEST(OutputFiles, AnOldFileStaysWhereTheRunIsRefused) {
  const testing::ScratchFolder folder;
  std::ofstream(folder / "old.json") << "old";
  EXPECT_EQ(toy({"--json", folder / "old.json", "--device", "tpu"}).exit_code, 2);
  std::string kept;
  std::ifstream(folder / "old.json") >> kept;
  EXPECT_EQ(kept, "old");
  EXPECT_EQ(folder.names().size(), 1u);
}

TEST(StandardOutput, WhatCannotBeWrittenIsAnIoError) {
  const std::string lost = "cannot write to standard output: what was printed is not whole (is its disk full?)\n";
  const ProgramResult run = run_program({"toy_lstm", "--timesteps", "1", "--device", "cpu"}, "/dev/full");
  EXPECT_EQ(run.exit_code, 5);
  EXPECT_EQ(run.out, "toy_lstm: " + lost);
  EXPECT_EQ(run_program({"toy_lstm", "--help"}, "/dev/full").exit_code, 5);
  EXPECT_EQ(run_program({"op_bench", "--version"}, "/dev/full").exit_code, 5);
}

TEST(StandardOutput, APipeHasTheSummaryAndTheDeviceWhileTheTrainingRuns) {
  const std::string shown = output_until("device: cpu", 60, {"toy_lstm", "--device", "cpu", "--timesteps", "20000"});
  EXPECT_THAT(shown, HasSubstr("Total params: 54,848"));
  EXPECT_THAT(shown, HasSubstr("device: cpu"));
  EXPECT_THAT(shown, Not(HasSubstr("1/1 [")));  // the end of the first epoch
}

TEST(DeviceFlags, AWrongDeviceOrThreadNumberIsSaidFirst) {
  expect_refused(toy({"--device", "cdua"}), 2, "toy_lstm: unknown device 'cdua' (did you mean 'cuda'?); there are auto, cpu, cuda and sim\n");
  expect_refused(run_program({"op_bench", "--device", "cdua"}), 2, "op_bench: unknown device 'cdua'");
  expect_refused(toy({"--threads", "-1"}), 2, "--threads: '-1' is not a whole number from 0 to 4096");
  expect_refused(toy({"--threads", "5000"}), 2, "--threads: '5000' is not a whole number from 0 to 4096");
}

TEST(DeviceFlags, SimChecksAreShownAndRun) {
  if (!sim_checks_available()) GTEST_SKIP() << "this build's kernels have no access callbacks";
  const ProgramResult run = toy({"--device", "sim", "--sim-checks", "faults", "--threads", "1"});
  EXPECT_EQ(run.exit_code, 0) << run.out;
  EXPECT_THAT(run.out, HasSubstr("device: sim (SIMT simulator, checks for faults, seed 0), as asked\n"));
  EXPECT_THAT(toy({"--device", "sim", "--sim-checks", "off"}).out, HasSubstr("checks off"));
}

TEST(DeviceFlags, SimChecksOnAnotherDeviceAreAUsageError) {
  expect_refused(toy({"--device", "cpu", "--sim-checks", "faults"}), 2, "--sim-checks faults is for --device sim, got --device cpu\n");
  expect_refused(toy({"--device", "sim", "--sim-checks", "races"}), 2, "--sim-checks: races not in {off,faults}");
}

TEST(ModelFlags, NumbersAreWrittenInDigits) {
  expect_refused(toy({"--seed", "-1"}), 2, "--seed: '-1' is not a whole number from 0 to 18446744073709551615");
  expect_refused(run_program({"toy_lstm", "--epochs", "1e3"}), 2,
                 "--epochs: '1e3' is not a whole number from 1 to 1000000 (write it in digits alone)\n");
  expect_refused(run_program({"two_outputs", "--epochs", "99999999999999999999"}), 2, "--epochs: '99999999999999999999' is not a whole number");
}

TEST(ModelFlags, AnImplementationThatIsNotThereIsAUsageError) {
  expect_refused(toy({"--device", "cpu", "--impl", "matmul=onedn"}), 2,
                 "--impl: op 'matmul' has no implementation 'onedn' on cpu (did you mean 'onednn'?); there are: onednn, reference");
  expect_refused(toy({"--device", "cpu", "--impl", "matmull=onednn"}), 2, "--impl: no op 'matmull' (did you mean 'matmul'?); there are: ");
  expect_refused(toy({"--device", "cpu", "--impl", "matmul"}), 2, "--impl takes op=implementation, got 'matmul'\n");
  expect_refused(toy({"--device", "cpu", "--impl", "matmul=onednn", "--impl", "matmul=reference"}), 2, "--impl names op 'matmul' twice\n");
}

TEST(ModelFlags, ImplTakesOneValueAndMayBeRepeated) {
  expect_refused(toy({"--device", "cpu", "--impl", "matmul=reference", "weights.npz"}), 2, "weights.npz");
  const ProgramResult run = toy({"--device", "cpu", "--impl", "matmul=reference", "--impl", "gather=reference", "--plan"});
  EXPECT_EQ(run.exit_code, 0) << run.out;
  EXPECT_THAT(run.out, HasSubstr("matmul/cpu/reference"));
  EXPECT_THAT(run.out, HasSubstr("gather/cpu/reference"));
}

TEST(ModelFlags, TheImplementationsThatHelpNamesAreThere) {
  EXPECT_THAT(toy({"--help"}).out, HasSubstr("matmul=onednn or matmul=reference on cpu"));
  for (const char* impl : {"matmul=onednn", "matmul=reference"}) EXPECT_EQ(toy({"--device", "cpu", "--impl", impl}).exit_code, 0) << impl;
  EXPECT_EQ(toy({"--device", "sim", "--impl", "matmul=tiled"}).exit_code, 0);
}

TEST(Version, IsPrintedByEveryProgram) {
  for (const char* program : {"toy_lstm", "two_outputs", "op_bench"}) {
    const ProgramResult run = run_program({program, "--version"});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_EQ(run.out, std::string(program) + " of lamina " LAMINA_VERSION "\n");
  }
}

}  // namespace
}  // namespace lamina
