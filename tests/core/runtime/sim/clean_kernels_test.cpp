// SPDX-License-Identifier: Apache-2.0
// No false alarm: kernels that are right stay clean under shuffled orders, alone and one after another on the same
// memory.
#include "tests/core/runtime/sim/kernels/clean_kernels.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/runtime/sim/fault.h"
#include "core/runtime/sim/options.h"
#include "core/runtime/sim/sim_device.h"

namespace lamina {
namespace {

class CleanKernels : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!sim_checks_available()) GTEST_SKIP() << "kernels without access callbacks: faults cannot be seen";
    std::vector<float> host(1024);
    for (size_t i = 0; i < host.size(); ++i) host[i] = static_cast<float>(i);
    device_->upload(x_.data(), host.data(), x_.bytes());
    device_->fill_zero(counts_.data(), counts_.bytes());
  }
  void TearDown() override { set_sim_options({}); }

  std::vector<simt::Fault> faults_of(int kernel, uint64_t seed) {
    set_sim_options({SimChecks::faults, seed, 1});
    device_->unpoison(y_.data(), y_.bytes());
    device_->unpoison(bytes_.data(), bytes_.bytes());
    simt::FaultCollector collector;
    sim::kCleanKernels[kernel].launch({static_cast<const float*>(x_.data()), static_cast<float*>(y_.data()),
                                       static_cast<unsigned char*>(bytes_.data()),
                                       static_cast<unsigned*>(counts_.data())});
    return collector.faults();
  }

 private:
  std::shared_ptr<Device> device_ = make_sim_device();
  Buffer x_ = device_->allocate(4096, "x"), y_ = device_->allocate(4096, "y"),
         bytes_ = device_->allocate(1024, "bytes"), counts_ = device_->allocate(64, "counts");
};

TEST_P(CleanKernels, StaysCleanInAnyOrder) {
  for (const uint64_t seed : {0, 1, 2, 3, 4}) {
    for (const simt::Fault& fault : faults_of(GetParam(), seed))
      ADD_FAILURE() << "seed " << seed << ": " << describe(fault);
  }
}

std::string name_of_case(const testing::TestParamInfo<int>& info) { return sim::kCleanKernels[info.param].name; }

INSTANTIATE_TEST_SUITE_P(Kernels, CleanKernels, testing::Range(0, sim::kCleanKernelCount), name_of_case);

}  // namespace
}  // namespace lamina
