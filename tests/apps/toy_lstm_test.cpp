// SPDX-License-Identifier: Apache-2.0
// bin/toy_lstm as a user runs it: what it prints, its exit codes, its files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/io/safetensors.h"
#include "tests/apps/run_program.h"
#include "tests/testing/devices.h"
#include "tests/testing/scratch_folder.h"

namespace lamina {
namespace {

using ::testing::HasSubstr;
using testing::ProgramResult;

ProgramResult toy(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "toy_lstm");
  return testing::run_program(arguments);
}

nlohmann::json read_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  return nlohmann::json::parse(file);
}

TEST(ToyLstmApp, ShowsSummaryBindingsEpochsAndPrediction) {
  const ProgramResult run = toy({"--timesteps", "1", "--epochs", "2", "--init", "formula", "--device", "cpu"});
  EXPECT_EQ(run.exit_code, 0) << run.out;
  for (const char* part : {"Total params: 54,848", "device: cpu", "as asked",
                           "loss binding: test_loss (None, 1) <- identity (passthrough, needs no y), weight 1", "Epoch 2/2", "1/1 [====",
                           "- loss: 100.00", "x: 10 tokens, each repeated over 1 time steps", "\n[[99.9"}) {
    EXPECT_THAT(run.out, HasSubstr(part));
  }
}

TEST(ToyLstmApp, MisspeltBindingIsAUsageErrorThatNamesTheRightKey) {
  const ProgramResult run = toy({"--timesteps", "1", "--device", "cpu", "--binding", "misspelt"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.out, HasSubstr("compile(loss={'tset_loss': ...}): Unknown entry in loss dictionary: \"tset_loss\". Only expected the "
                                 "following keys: ['test_loss']; given were ['tset_loss'] (did you mean 'test_loss'?)\n"));
}

TEST(ToyLstmApp, CallableBindingIsTheSameTraining) {
  const testing::ScratchFolder folder;
  for (const char* binding : {"dict", "callable"}) {
    const std::string file = folder / (std::string(binding) + ".json");
    ASSERT_EQ(toy({"--timesteps", "2", "--epochs", "3", "--device", "cpu", "--binding", binding, "--json", file}).exit_code, 0);
  }
  EXPECT_EQ(read_json(folder / "dict.json").at("losses"), read_json(folder / "callable.json").at("losses"));
}

TEST(ToyLstmApp, WrongFlagsAreUsageErrors) {
  const ProgramResult unknown = toy({"--timestep", "3"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.out, HasSubstr("(did you mean '--timesteps'?)"));
  const ProgramResult device = toy({"--timesteps", "1", "--device", "cdua"});
  EXPECT_EQ(device.exit_code, 2);
  EXPECT_THAT(device.out, HasSubstr("toy_lstm: unknown device 'cdua' (did you mean 'cuda'?); there are auto, cpu, cuda and sim"));
  EXPECT_EQ(toy({"--timesteps", "0"}).exit_code, 2);
  EXPECT_EQ(toy({"--init", "zeros"}).exit_code, 2);
  EXPECT_EQ(toy({"--impl", "matmul"}).exit_code, 2);
}

TEST(ToyLstmApp, HelpIsNoError) {
  const ProgramResult help = toy({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("--timesteps"));
}

TEST(ToyLstmApp, WritesWeightsAndSaysWhereItCannot) {
  const testing::ScratchFolder folder;
  const std::string file = folder / "toy.safetensors";
  ASSERT_EQ(toy({"--timesteps", "1", "--epochs", "1", "--device", "cpu", "--save", file}).exit_code, 0);
  EXPECT_EQ(read_safetensors(file).tensors.size(), 6u);
  const ProgramResult missing = toy({"--timesteps", "1", "--epochs", "1", "--device", "cpu", "--save", folder / "none/toy.safetensors"});
  EXPECT_EQ(missing.exit_code, 5) << missing.out;
  EXPECT_THAT(missing.out, HasSubstr("none"));
}

TEST(ToyLstmApp, CudaWithoutAGpuIsADeviceError) {
  if (testing::has_cuda()) GTEST_SKIP() << "this machine has a GPU";
  const ProgramResult run = toy({"--timesteps", "1", "--device", "cuda"});
  EXPECT_EQ(run.exit_code, 6) << run.out;
}

TEST(ToyLstmApp, TrainsAlikeOnEveryDevice) {
  const testing::ScratchFolder folder;
  std::vector<nlohmann::json> reports;
  for (const DeviceKind device : testing::available_devices()) {
    const std::string name(name_of(device)), file = folder / (name + ".json");
    const ProgramResult run = toy({"--timesteps", "4", "--init", "formula", "--device", name, "--threads", "2", "--json", file});
    ASSERT_EQ(run.exit_code, 0) << run.out;
    reports.push_back(read_json(file));
    const nlohmann::json& report = reports.back();
    EXPECT_EQ(report.at("device"), name);
    EXPECT_EQ(report.at("timesteps"), 4);
    EXPECT_EQ(report.at("init"), "formula");
    EXPECT_GT(report.at("seconds").get<double>(), 0);
    ASSERT_EQ(report.at("losses").size(), 10u);
    for (size_t i = 0; i < 10; ++i) {
      EXPECT_NEAR(report.at("losses")[i].get<double>(), reports[0].at("losses")[i].get<double>(), 5e-5) << name << " epoch " << i;
    }
    EXPECT_NEAR(report.at("predict").get<double>(), 99.851613, 5e-5) << name;
  }
}

}  // namespace
}  // namespace lamina
