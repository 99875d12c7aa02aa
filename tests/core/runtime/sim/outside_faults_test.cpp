// SPDX-License-Identifier: Apache-2.0
// Each mistake of kernels/outside_faults.cu is named with a line that its author listed, under several orders of the
// threads, and nothing else is.
#include "tests/core/runtime/sim/kernels/outside_faults.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "core/runtime/sim/fault.h"
#include "core/runtime/sim/options.h"
#include "core/runtime/sim/sim_device.h"

namespace lamina {
namespace {

using sim::OutsideBuffer;
using sim::OutsideFault;
using simt::FaultKind;

const std::map<std::string, FaultKind> kExpected = {
    {"bad_softmax_kernel", FaultKind::uninitialised_read},
    {"bad_matmul_kernel", FaultKind::shared_race},
    {"bad_transpose_kernel", FaultKind::missing_barrier},
    {"bad_layer_norm_kernel", FaultKind::misaligned_access},
    {"bad_unique_count_kernel", FaultKind::divergent_barrier},
    {"bad_max_pool_kernel", FaultKind::out_of_bounds},
    {"bad_embedding_gradient_kernel", FaultKind::global_race},
    {"bad_warp_scan_kernel", FaultKind::shared_race},
    {"bad_batched_dot_kernel", FaultKind::divergent_collective},
    {"bad_convolution_kernel", FaultKind::shared_out_of_bounds},
};

std::vector<int> marked_lines(const std::string& kernel) {
  std::ifstream file(LAMINA_SOURCE_DIR "/tests/core/runtime/sim/kernels/outside_faults.cu");
  std::vector<int> lines;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.ends_with("// fault: " + kernel)) lines.push_back(number);
  }
  return lines;
}

Buffer filled(Device& device, const OutsideBuffer& wanted) {
  const size_t bytes = static_cast<size_t>(wanted.count) * 4;
  Buffer buffer = device.allocate(bytes, "buffer");
  if (wanted.fill == OutsideBuffer::Fill::zeros) device.fill_zero(buffer.data(), bytes);
  std::vector<float> quarters;
  std::vector<int> integers;
  for (int i = 0; i < wanted.count; ++i) {
    quarters.push_back(0.25f * static_cast<float>(i));
    integers.push_back(wanted.modulus ? i % wanted.modulus : i);
  }
  if (wanted.fill == OutsideBuffer::Fill::quarters) device.upload(buffer.data(), quarters.data(), bytes);
  if (wanted.fill == OutsideBuffer::Fill::integers) device.upload(buffer.data(), integers.data(), bytes);
  return buffer;
}

std::vector<simt::Fault> faults_of(const OutsideFault& fault, uint64_t seed) {
  set_sim_options({SimChecks::faults, seed, 1});
  const auto device = make_sim_device();
  std::vector<Buffer> buffers;
  std::vector<void*> pointers;
  for (const OutsideBuffer* buffer = fault.buffers; buffer->count; ++buffer) {
    buffers.push_back(filled(*device, *buffer));
    pointers.push_back(buffers.back().data());
  }
  simt::FaultCollector collector;
  fault.launch(pointers.data());
  return collector.faults();
}

class OutsideFaults : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!sim_checks_available()) GTEST_SKIP() << "kernels without access callbacks: faults cannot be seen";
  }
  void TearDown() override { set_sim_options({}); }
};

TEST_P(OutsideFaults, AreNamedWithALineOfTheirAuthor) {
  const OutsideFault& fault = sim::kOutsideFaults[GetParam()];
  const std::vector<int> lines = marked_lines(fault.kernel);
  ASSERT_FALSE(lines.empty());
  for (const uint64_t seed : {0, 1, 2, 3, 4}) {
    const std::vector<simt::Fault> faults = faults_of(fault, seed);
    EXPECT_FALSE(faults.empty()) << "seed " << seed;
    for (const simt::Fault& found : faults) {
      EXPECT_EQ(found.kind, kExpected.at(fault.kernel)) << describe(found);
      EXPECT_EQ(found.kernel, fault.kernel);
      EXPECT_NE(std::find(lines.begin(), lines.end(), found.where.at.line), lines.end()) << describe(found);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, OutsideFaults, testing::Range(0, sim::kOutsideFaultCount),
                         [](const auto& fault) { return std::string(sim::kOutsideFaults[fault.param].kernel); });

}  // namespace
}  // namespace lamina
