// SPDX-License-Identifier: Apache-2.0
// Every seeded fault is named with its kind and its source line, under several orders of the threads, and nothing else
// is.
#include "tests/core/runtime/sim/kernels/seeded_faults.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/runtime/sim/fault.h"
#include "core/runtime/sim/options.h"
#include "core/runtime/sim/sim_device.h"

namespace lamina {
namespace {

using simt::FaultKind;

const std::map<std::string, FaultKind> kExpected = {
    {"read_past_end", FaultKind::out_of_bounds},
    {"write_before_begin", FaultKind::out_of_bounds},
    {"copy_past_end", FaultKind::out_of_bounds},
    {"read_freed", FaultKind::use_after_free},
    {"read_fresh", FaultKind::uninitialised_read},
    {"read_host", FaultKind::host_pointer},
    {"write_constant", FaultKind::host_pointer},
    {"misaligned_store", FaultKind::misaligned_access},
    {"race_between_blocks", FaultKind::global_race},
    {"race_same_value", FaultKind::global_race},
    {"race_in_block", FaultKind::global_race},
    {"race_in_shared", FaultKind::shared_race},
    {"race_in_warp", FaultKind::shared_race},
    {"race_with_half_warp", FaultKind::shared_race},
    {"race_of_bytes", FaultKind::global_race},
    {"race_with_atomic", FaultKind::global_race},
    {"read_fresh_shared", FaultKind::uninitialised_read},
    {"dynamic_shared_overrun", FaultKind::shared_out_of_bounds},
    {"pointer_to_local", FaultKind::foreign_local},
    {"too_many_locals", FaultKind::stack_overflow},
    {"missing_barrier", FaultKind::missing_barrier},
    {"divergent_barrier", FaultKind::divergent_barrier},
    {"divergent_shuffle", FaultKind::divergent_collective},
    {"lane_waits_elsewhere", FaultKind::divergent_collective},
    {"shuffle_from_absent", FaultKind::divergent_collective},
    {"outside_of_own_mask", FaultKind::divergent_collective},
    {"async_without_wait", FaultKind::async_not_waited},
    {"async_wait_for_too_few", FaultKind::async_not_waited},
    {"async_without_barrier", FaultKind::shared_race},
    {"grid_race", FaultKind::global_race},
    {"block_skips_grid_sync", FaultKind::missing_barrier},
    {"flag_never_set", FaultKind::deadlock},
    {"flag_without_fence", FaultKind::global_race},
    {"grid_sync_in_plain_launch", FaultKind::deadlock},
    {"failed_assertion", FaultKind::assertion},
};

// The lines of seeded_faults.cu that end with "<role>: <name>" or "both: <name>".
std::vector<int> marked_lines(const std::string& role, const std::string& name) {
  std::ifstream file(LAMINA_SOURCE_DIR "/tests/core/runtime/sim/kernels/seeded_faults.cu");
  std::vector<int> lines;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.ends_with("// " + role + ": " + name) || line.ends_with("// both: " + name)) lines.push_back(number);
  }
  return lines;
}

bool contains(const std::vector<int>& lines, int line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

class SeededFaults : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!sim_checks_available()) GTEST_SKIP() << "kernels without access callbacks: faults cannot be seen";
  }
  void TearDown() override { set_sim_options({}); }
};

std::vector<simt::Fault> faults_of(const sim::SeededFault& seeded, uint64_t seed) {
  set_sim_options({SimChecks::faults, seed, 1});
  const auto device = make_sim_device();
  constexpr size_t kBytes = sim::kFaultFloats * sizeof(float);
  const Buffer x = device->allocate(kBytes, "x"), y = device->allocate(kBytes, "y"),
               fresh = device->allocate(kBytes, "fresh"), flags = device->allocate(32, "flags");
  const std::vector<float> host(sim::kFaultFloats, 1.0f);
  device->upload(x.data(), host.data(), kBytes);
  device->fill_zero(y.data(), kBytes);
  device->fill_zero(flags.data(), 32);
  float* freed = nullptr;
  {
    const Buffer gone = device->allocate(kBytes, "gone");
    device->fill_zero(gone.data(), kBytes);
    freed = static_cast<float*>(gone.data());
  }
  const sim::FaultBuffers buffers{static_cast<float*>(x.data()),
                                  static_cast<float*>(y.data()),
                                  static_cast<float*>(fresh.data()),
                                  static_cast<unsigned*>(flags.data()),
                                  freed,
                                  host.data()};
  simt::FaultCollector collector;
  seeded.launch(buffers);
  return collector.faults();
}

TEST_P(SeededFaults, IsNamedWithItsKindAndLine) {
  const sim::SeededFault& seeded = sim::kSeededFaults[GetParam()];
  const std::vector<int> lines = marked_lines("fault", seeded.name), other_lines = marked_lines("other", seeded.name);
  const bool has_a_line = std::string(seeded.name) != "too_many_locals";
  ASSERT_TRUE(!lines.empty() || !has_a_line);
  for (const uint64_t seed : {0, 1, 2, 3, 4}) {
    const std::vector<simt::Fault> faults = faults_of(seeded, seed);
    EXPECT_FALSE(faults.empty()) << "seed " << seed;
    for (const simt::Fault& fault : faults) {
      EXPECT_EQ(fault.kind, kExpected.at(seeded.name)) << describe(fault);
      EXPECT_EQ(fault.kernel, seeded.name);
      EXPECT_TRUE(!has_a_line || contains(lines, fault.where.at.line)) << describe(fault);
      if (!other_lines.empty()) {
        ASSERT_TRUE(fault.other) << describe(fault);
        EXPECT_TRUE(contains(other_lines, fault.other->at.line)) << describe(fault);
      }
    }
  }
}

std::string name_of_case(const testing::TestParamInfo<int>& info) { return sim::kSeededFaults[info.param].name; }

INSTANTIATE_TEST_SUITE_P(Kernels, SeededFaults, testing::Range(0, sim::kSeededFaultCount), name_of_case);

TEST(FaultMessages, AreThrownWhereNoCollectorTakesThem) {
  if (!sim_checks_available()) GTEST_SKIP() << "kernels without access callbacks: faults cannot be seen";
  set_sim_options({SimChecks::faults, 0, 1});
  const auto device = make_sim_device();
  const Buffer y = device->allocate(4, "a small buffer");
  sim::FaultBuffers buffers{};
  buffers.y = static_cast<float*>(y.data());
  try {
    sim::kSeededFaults[1].launch(buffers);
    FAIL() << "no fault";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device);
    EXPECT_NE(std::string(error.what()).find("4 bytes before 'a small buffer'"), std::string::npos) << error.what();
  }
  set_sim_options({});
}

}  // namespace
}  // namespace lamina
